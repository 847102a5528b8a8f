#include "outer.h"

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#warning written by hand

static int never_called(void)
{
	return 1;
}

int warn_main(struct couple *c)
{
	int unused;
	int *narrow = CHECKED(int *, &c->left);

	if (narrow)
		printf("%d\n", c->left);
	return 0;
}
