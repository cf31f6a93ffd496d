/* static: a program that no preload reaches; linked so by the Makefile. */
int main(void)
{
	return 0;
}
