#include <linux/module.h>

extern int nobody_exports_this(void);

static int __init absent_init(void)
{
	return nobody_exports_this();
}
module_init(absent_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("refers to a symbol that is not there");
