int callee(int);
int absent(int);
int start(int x)
{
	return callee(x) + absent(x);
}

int start_again(int x)
{
	return absent(x) + absent(x + 1);
}
