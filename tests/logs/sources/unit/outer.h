#pragma once
struct couple { unsigned long left, right; };
#include "inner.h"
