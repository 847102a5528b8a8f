_Static_assert(sizeof(long) == 3, "longs are odd here");
#error this configuration is not supported

extern void build_bug(void) __attribute__((error("BUILD_BUG failed")));

void assert_main(void)
{
	build_bug();
}
