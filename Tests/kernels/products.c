// Matrix products against plain loops in double, and against each other bit for bit: packed, small
// and in batches. Operands of bfloat16 are rounded as the interface says.
#include "harness.h"

static double a[MOST], b[MOST], c[MOST], expected[MOST], floors[MOST];
#define COUNT(array) (sizeof(array) / sizeof *(array))

// To the nearest bfloat16, half to even; NaN stays NaN.
static double bfloat16(double x) {
  uint32_t bits;
  const float single = (float)x;
  memcpy(&bits, &single, 4);
  bits = x != x ? bits | 1u << 22 : bits + 0x7fff + (bits >> 16 & 1);
  bits &= 0xffff0000;
  float result;
  memcpy(&result, &bits, 4);
  return result;
}

// One of the products of a table.
typedef struct {
  const char *name;
  ck_dtype type;
  ck_precision precision;
  const ck_gemm *gemm;
} product;

// C = A B of numbers as the product sees them, added to c or subtracted from it.
static void multiply(const product *p, size_t m, size_t n, size_t k, int accumulate) {
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = 0, size = fabs(c[i * n + j]);
      for (size_t q = 0; q < k; q++) {
        const double term = a[i * k + q] * b[q * n + j];
        sum += term, size += fabs(term);
      }
      expected[i * n + j] = accumulate ? c[i * n + j] + accumulate * sum : sum;
      floors[i * n + j] = size;
    }
  (void)p;
}

static void fill(const product *p, size_t m, size_t n, size_t k) {
  numbers(p->type, below(2) ? ORDINARY : INTEGERS, a, m * k);
  numbers(p->type, ORDINARY, b, k * n), numbers(p->type, ORDINARY, c, m * n);
  for (size_t i = 0; i < m * k && p->precision != CK_PRECISION_FLOAT32; i++) a[i] = bfloat16(a[i]);
  for (size_t i = 0; i < k * n && p->precision != CK_PRECISION_FLOAT32; i++) b[i] = bfloat16(b[i]);
}

// An operand of `rows` x `columns`, by rows or by columns, with `more` between them.
static void *placed_matrix(
  ck_dtype type, const double *x, size_t rows, size_t columns, int by_columns, size_t more,
  ptrdiff_t *row_step, ptrdiff_t *column_step) {
  if (!by_columns) {
    *row_step = (ptrdiff_t)(columns + more), *column_step = 1;
    return placed_rows(type, x, rows, columns, *row_step);
  }
  static double transposed[MOST];
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) transposed[j * rows + i] = x[i * columns + j];
  *row_step = 1, *column_step = (ptrdiff_t)(rows + more);
  return placed_rows(type, transposed, columns, rows, *column_step);
}

static int expect_matrix(const product *p, const void *out, size_t m, size_t n, size_t step) {
  for (size_t i = 0; i < m; i++)
    if (!expect(
          p->type, (const uint8_t *)out + i * step * size_of(p->type), expected + i * n,
          floors + i * n, n, 8 + sqrt((double)n)))
      return 0;
  return 1;
}

static void test_product(const product *p, size_t m, size_t n, size_t k, int form) {
  const ck_gemm *g = p->gemm;
  const ck_dtype type = p->type;
  const size_t size = size_of(type), unit = (size_t)g->unit, depth = (k + unit - 1) / unit;
  const size_t a_size = (m + (size_t)g->mr - 1) / (size_t)g->mr * depth * (size_t)g->mr;
  const size_t b_size = (n + (size_t)g->nr - 1) / (size_t)g->nr * depth * (size_t)g->nr;
  const size_t more = form & 1 ? 3 : 0;
  const int a_columns = form >> 1 & 1, b_columns = form >> 2 & 1, accumulate = form % 3 - 1;
  ptrdiff_t a_row, a_column, b_row, b_column;
  fill(p, m, n, k);
  multiply(p, m, n, k, accumulate);
  EACH_PLACEMENT {
    start_case("product %s, %zu x %zu x %zu, form %d", p->name, m, n, k, form);
    const void *left = placed_matrix(type, a, m, k, a_columns, more, &a_row, &a_column);
    const void *right = placed_matrix(type, b, k, n, b_columns, more, &b_row, &b_column);
    void *packed_a = operand(a_size * size), *packed_b = operand(b_size * size);
    if (!RUN(USE(g->pack_a)(left, a_row, a_column, m, k, packed_a))) continue;
    if (!RUN(USE(g->pack_b)(right, b_row, b_column, k, n, packed_b))) continue;
    void *out = placed_rows(type, c, m, n, (ptrdiff_t)(n + more));
    if (k <= (size_t)g->kc) {
      if (!RUN(USE(g->macro)(m, n, k, packed_a, packed_b, out, (ptrdiff_t)(n + more), accumulate)))
        continue;
      expect_matrix(p, out, m, n, n + more);
    }
    if (unit > 1) continue;  // Those of pairs are for `macro` alone.
    start_case("small product %s, %zu x %zu x %zu, form %d", p->name, m, n, k, form);
    left = placed_matrix(type, a, m, k, a_columns, more, &a_row, &a_column);
    right = placed_matrix(type, b, k, n, 0, more, &b_row, &b_column);
    void *small = placed_rows(type, c, m, n, (ptrdiff_t)(n + more));
    if (RUN(USE(g->small)(
          m, n, k, left, a_row, a_column, right, b_row, small, (ptrdiff_t)(n + more), accumulate)))
      expect_matrix(p, small, m, n, n + more);
    start_case("narrow product %s, %zu x %zu x %zu, form %d", p->name, m, n, k, form);
    left = placed_matrix(type, a, m, k, 0, more, &a_row, &a_column);
    right = placed_matrix(type, b, k, n, 1, more, &b_row, &b_column);
    out = placed_rows(type, c, m, n, (ptrdiff_t)(n + more));
    if (RUN(USE(g->narrow)(
          m, n, k, left, a_row, right, b_column, out, (ptrdiff_t)(n + more), accumulate)))
      expect_matrix(p, out, m, n, n + more);
    if (n == 1) {
      start_case("matrix times vector %s, %zu x %zu, form %d", p->name, m, k, form);
      left = placed_matrix(type, a, m, k, 0, more, &a_row, &a_column);
      right = placed(type, b, k, 1);
      const ptrdiff_t step = form & 1 ? 2 : 1;
      out = placed(type, c, m, step);
      if (RUN(USE(g->matvec)(m, k, left, a_row, right, out, step, accumulate)))
        for (size_t i = 0; i < m; i++)
          if (!expect(
                type, (uint8_t *)out + i * (size_t)step * size, expected + i, floors + i, 1, 9))
            break;
    }
  }
  // Batches set C; B may be one matrix for all.
  if (n * k > CK_GEMM_BATCH || unit > 1) return;
  const size_t count = 1 + below(4);
  if (count * (m * k + k * n + m * n) > MOST / 4) return;
  const int is_shared = form & 1;
  static double all_a[MOST], all_b[MOST], all_c[MOST], all_floors[MOST];
  for (size_t i = 0; i < count; i++) {
    fill(p, m, n, k);
    if (is_shared && i > 0) memcpy(b, all_b, k * n * sizeof *b);
    multiply(p, m, n, k, 0);
    memcpy(all_a + i * m * k, a, m * k * sizeof *a),
      memcpy(all_b + i * k * n, b, k * n * sizeof *b);
    memcpy(all_c + i * m * n, expected, m * n * sizeof *b);
    memcpy(all_floors + i * m * n, floors, m * n * sizeof *b);
  }
  EACH_PLACEMENT {
    start_case("batch of %zu products %s, %zu x %zu x %zu, form %d", count, p->name, m, n, k, form);
    void *left = operand(count * m * k * size),
         *right = operand((is_shared ? 1 : count) * k * n * size);
    for (size_t i = 0; i < count; i++)
      for (size_t q = 0; q < k; q++) {
        for (size_t r = 0; r < m; r++)
          set_element(
            type, left, (ptrdiff_t)(i * m * k + (a_columns ? q * m + r : r * k + q)),
            all_a[i * m * k + r * k + q]);
        for (size_t j = 0; j < n && (i == 0 || !is_shared); j++)
          set_element(
            type, right, (ptrdiff_t)(i * k * n + (b_columns ? j * k + q : q * n + j)),
            all_b[i * k * n + q * n + j]);
      }
    void *out = blank(type, count * m * n);
    if (RUN(USE(g->batch)(
          count, m, n, k, left, (ptrdiff_t)(m * k), a_columns ? 1 : (ptrdiff_t)k,
          a_columns ? (ptrdiff_t)m : 1, right, is_shared ? 0 : (ptrdiff_t)(k * n),
          b_columns ? 1 : (ptrdiff_t)n, b_columns ? (ptrdiff_t)k : 1, out, (ptrdiff_t)(m * n))))
      expect(type, out, all_c, all_floors, count * m * n, 9);
  }
}

static void test_rounding(const product *p) {
  static const uint32_t edges[] = {
    0x3f807fff, 0x3f808000, 0x3f808001, 0x3f817fff, 0x3f818000, 0xbf818000, 0x3fff8000, 0xbfffffff,
    0x7f7f0000, 0x7f7f7fff, 0x7f7f8000, 0xff7fffff, 0x7f800000, 0xff800000, 0x00007fff, 0x00008000,
    0x00008001, 0x80018000, 0x007fffff, 0x7fc00000, 0x7f800001, 0xff80ffff, 0x7fffffff};
  for (size_t n = 0; n < 80; n++)
    for (ptrdiff_t step = 1; step <= 3; step++) {
      numbers(CK_F32, SPECIAL, a, n);
      for (size_t i = 0; i < n && i < COUNT(edges); i++) {
        float value;
        memcpy(&value, &edges[(i + n) % COUNT(edges)], 4);
        a[i] = value;
      }
      for (size_t i = 0; i < n; i++) expected[i] = bfloat16(a[i]);
      EACH_PLACEMENT {
        start_case("round %s, n %zu, step %td", p->name, n, step);
        void *x = placed(CK_F32, a, n, step), *y = step == 1 && n % 2 ? x : blank(CK_F32, n);
        if (RUN(USE(p->gemm->round)(x, step, y, n))) expect(CK_F32, y, expected, 0, n, 0);
      }
    }
}

void test_products(void) {
  static const size_t sizes[] = {1,  2,  3,  5,  6,  7,  8,  13, 14,
                                 15, 16, 17, 31, 32, 33, 48, 65, 130};
  static const size_t depths[] = {1, 2, 3, 4, 7, 8, 16, 17, 33, 64, 100, 384, 385, 769};
  const product products[] = {
    {"float32", CK_F32, CK_PRECISION_FLOAT32, ck_gemm_for(table, CK_F32, CK_PRECISION_FLOAT32)},
    {"float64", CK_F64, CK_PRECISION_FLOAT32, ck_gemm_for(table, CK_F64, CK_PRECISION_FLOAT32)},
    {"bfloat16", CK_F32, CK_PRECISION_BFLOAT16, ck_gemm_for(table, CK_F32, CK_PRECISION_BFLOAT16)},
    {"bfloat16 pairs", CK_F32, CK_PRECISION_BFLOAT16_PAIRS,
     ck_gemm_for(table, CK_F32, CK_PRECISION_BFLOAT16_PAIRS)},
    {"emulated pairs", CK_F32, CK_PRECISION_BFLOAT16_PAIRS, ck_gemm_of_emulated_pairs()},
  };
  for (size_t i = 0; i < COUNT(products); i++) {
    const product *p = &products[i];
    for (int round = 0; round < 700; round++) {
      const size_t m = sizes[below(COUNT(sizes))], n = round % 8 ? sizes[below(COUNT(sizes))] : 1;
      test_product(p, m, n, depths[below(COUNT(depths))], round % 24);
    }
    if (p->gemm->round) test_rounding(p);
  }
}
