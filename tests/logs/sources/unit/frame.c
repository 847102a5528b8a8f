void use(char *bytes);

void frame_main(void)
{
	char bytes[4096];

	use(bytes);
}
