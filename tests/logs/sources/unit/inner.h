/* A mistake that shows through two headers. */
static inline unsigned long inner_sum(struct pair *p)
{
	return p->left + p->right;
}

#define CHECKED(type, value) ({ type checked = (value); checked; })
