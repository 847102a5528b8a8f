#include <linux/module.h>

/**
 * documented_old_name() - add two numbers
 * @left: the first
 */
int documented_sum(int left, int right);
int documented_sum(int left, int right)
{
	int idle;

	return left + right;
}

/**
 * struct documented - two fields, one told
 * @told: known
 */
struct documented {
	int told;
	int untold;
};
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("its kernel-doc is wrong");
