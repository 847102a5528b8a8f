struct a { int x; };
struct b { int x; };

static int takes(struct a *a)
{
	return a->x;
}

int error_main(struct b *b)
{
	int count = takes(b);

	count += not_declared(count);
	return count + nowhere;
}

int second(int first)
{
	switch (first) {
	case 1:
		first++;
	case 2:
		return 2;
	}
	return "text";
}
