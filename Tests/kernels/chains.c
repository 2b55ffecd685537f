// Chains of links against the rows that they stand for, bit for bit.
#include "harness.h"

enum { SAMPLES = 1024 };
static double a[SAMPLES], b[SAMPLES], expected[SAMPLES];
#define COUNT(array) (sizeof(array) / sizeof *(array))

static ck_link bound_link(const void *x, int op, int step) {
  return (ck_link){.x = (void *)x, .op = op, .step = step};
}

// Every link gives the bits of its row, and so do many of them in a row.
void test_chains(void) {
  static const size_t sizes[] = {1, 3, 7, 16, 63, 64, 65, 200, 1023};
  for (ck_dtype type = CK_F32; type <= CK_F64; type++) {
    ck_chain_fn chain = USE(ck_chain(table, type));
    for (size_t l = 0; l < COUNT(sizes); l++) {
      const size_t n = sizes[l];
      numbers(type, SPECIAL, a, n), numbers(type, SPECIAL, b, n);
      for (size_t i = 0; i < n / 2; i++) {
        double other = b[i];
        b[i] = b[n - 1 - i], b[n - 1 - i] = other;
      }
      for (int op = 0; op < CK_UNARY_COUNT + CK_BINARY_COUNT; op++) {
        const int is_unary = op < CK_UNARY_COUNT;
        const int link = is_unary ? (int)ck_unary_link((ck_unary_op)op)
                                  : (int)ck_binary_link((ck_binary_op)(op - CK_UNARY_COUNT));
        if (link == CK_LINK_NONE) continue;
        for (int form = 0; form < (is_unary ? 1 : 8); form++) {
          const int sa = form & 1 ? 0 : 1, sb = form & 2 ? 0 : 1, is_back = form >> 2;
          EACH_PLACEMENT {
            start_case("link %d, %s, n %zu, form %d", link, name_of(type), n, form);
            const void *x = placed(type, a, n, sa), *y = placed(type, b, n, sb);
            void *alone = blank(type, n), *out = blank(type, n);
            if (is_unary)
              ck_unary(table, (ck_unary_op)op, type)(x, sa, alone, n);
            else
              ck_binary(table, (ck_binary_op)(op - CK_UNARY_COUNT), type)(x, sa, y, sb, alone, n);
            const ck_link links[] = {
              bound_link(is_back ? y : x, CK_LINK_LOAD, is_back ? sb : sa),
              bound_link(
                is_back ? x : y, link + is_back,
                is_unary    ? 0
                  : is_back ? sa
                            : sb),
              bound_link(out, CK_LINK_STORE, 1)};
            if (RUN(chain(links, COUNT(links), n))) expect_same(type, out, alone, n);
          }
        }
      }
      // As long as chains can be: sums of one operand, stored and read again now and then.
      EACH_PLACEMENT {
        start_case("longest chain, %s, n %zu", name_of(type), n);
        numbers(type, INTEGERS, a, n);
        const void *x = placed(type, a, n, 1);
        void *kept = blank(type, n), *out = blank(type, n);
        ck_link links[CK_CHAIN_LINKS];
        const int add = (int)ck_binary_link(CK_BINARY_ADD);
        size_t count = 0, sums = 1;
        links[count++] = bound_link(x, CK_LINK_LOAD, 1);
        while (count < CK_CHAIN_LINKS - 3) {
          links[count++] = bound_link(x, add, 1), sums++;
          if (count % 16 == 0) {
            links[count++] = bound_link(kept, CK_LINK_STORE, 1);
            links[count++] = bound_link(kept, CK_LINK_LOAD, 1);
          }
        }
        links[count++] = bound_link(out, CK_LINK_STORE, 1);
        for (size_t i = 0; i < n; i++) expected[i] = a[i] * (double)sums;
        if (RUN(chain(links, count, n))) expect(type, out, expected, 0, n, 0.5);
      }
    }
  }
}
