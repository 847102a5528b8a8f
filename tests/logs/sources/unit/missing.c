#include <linux/not_there.h>

int missing;
