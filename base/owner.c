#include "base/owner.h"

_Thread_local char owner_here;
