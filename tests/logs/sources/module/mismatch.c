#include <linux/module.h>

static noinline int __init only_at_start(int x)
{
	return x + 1;
}

int called_later(int x)
{
	return only_at_start(x);
}

static int __init mismatch_init(void)
{
	return called_later(1);
}
module_init(mismatch_init);
MODULE_LICENSE("GPL");
