// Decompositions of float64: factors are multiplied again, and the steps of large ones compared
// with plain loops.
#include "harness.h"

static double x[MOST], y[MOST], expected[MOST], floors[MOST];
#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { LANES = 16 };

// --- Small matrices, several at once -------------------------------------------------------------

static double originals[LANES][CK_LINEAR_TALL * CK_LINEAR_SMALL];

// Places an array of each lane and returns the table of their addresses.
static double **place_lanes(
  int lanes, size_t count, double (*values)[CK_LINEAR_TALL * CK_LINEAR_SMALL]) {
  double **addresses = operand((size_t)lanes * sizeof *addresses);
  double *all = operand((size_t)lanes * count * 8);
  for (int l = 0; l < lanes; l++) {
    addresses[l] = all + (size_t)l * count;
    if (values) memcpy(addresses[l], values[l], count * 8);
  }
  return addresses;
}

static void near(const char *what, double result, double wanted, double bound) {
  if (!(fabs(result - wanted) <= bound)) report("%s is %.17g, not %.17g", what, result, wanted);
}

static double element_of_product(
  const double *a, size_t a_step, const double *b, size_t b_step, size_t i, size_t j, size_t k,
  int transposed) {
  double sum = 0;
  for (size_t q = 0; q < k; q++)
    sum += a[i * a_step + q] * (transposed ? b[j * b_step + q] : b[q * b_step + j]);
  return sum;
}

// Determinants of diagonal matrices, whose products overflow or underflow on the way.
static void test_determinants_of_extremes(void) {
  const ck_linear *f = ck_linear_for(table);
  const int lanes = f->lanes;
  static const double diagonals[][3] = {
    {0x1p1000, 0x1p900, 0x1p-1020}, {0x1p-1074, 0x1.8p-1060, 0x1p1023}, {0x1p-1070, 0x1p1000, 3},
    {0x1p600, -0x1p600, 1},         {0x1p-600, 0x1p-600, -1},           {0, 0x1p1000, 5},
    {1, NAN, 0x1p-1074},            {-0x1p-537, 0x1p-537, 1.5},
    {1 - 0x1p-33, 1, 1},
  };
#define LOG_3_2(power) ((power + 0.58496250072115618) * M_LN2)
  static const double wanted[COUNT(diagonals)][3] = {
    {0x1p880, 1, 880 * M_LN2},        {0, 1, LOG_3_2(-1111)},
    {0x1.8p-69, 1, LOG_3_2(-69)},      {-INFINITY, -1, 1200 * M_LN2},
    {-0.0, -1, -1200 * M_LN2},        {0, 0, -INFINITY},
    {NAN, NAN, NAN},                  {-0x1p-1073, -1, LOG_3_2(-1074)},
    {1 - 0x1p-33, 1, -0x1p-33 - 0x1p-67},
  };
#undef LOG_3_2
  for (size_t first = 0; first < COUNT(diagonals); first++) EACH_PLACEMENT {
    start_case("determinants of extreme matrices, from %zu on", first);
    double values[LANES][CK_LINEAR_TALL * CK_LINEAR_SMALL] = {{0}};
    for (int l = 0; l < lanes; l++)
      for (size_t i = 0; i < 3; i++)
        values[l][4 * i] = diagonals[(first + (size_t)l) % COUNT(diagonals)][i];
    for (int logarithm = 0; logarithm < 2; logarithm++) {
      double **matrices = place_lanes(lanes, 9, values),
             **results = place_lanes(lanes, 1 + (size_t)logarithm, NULL);
      if (!RUN(
            USE(f->determinant)(3, (const double *const *)matrices, results, logarithm)))
        continue;
      for (int l = 0; l < lanes; l++)
        for (int i = 0; i <= logarithm; i++) {
          const double result = results[l][i];
          const double exact = wanted[(first + (size_t)l) % COUNT(diagonals)][i + logarithm];
          if (!((result == exact && (exact != 0 || signbit(result) == signbit(exact))) ||
                (isnan(result) && isnan(exact)) ||
                (isfinite(exact) && exact != 0 && fabs(result - exact) <= 1e-15 * fabs(exact))))
            report("determinant or its logarithm is %.17g, not %.17g", result, exact);
        }
    }
  }
}

static void test_small(size_t n) {
  const ck_linear *f = ck_linear_for(table);
  const int lanes = f->lanes;
  for (int l = 0; l < lanes; l++) numbers(CK_F64, ORDINARY, originals[l], n * n);
  // Where fewer matrices are left than there are lanes, the last one is repeated.
  const int repeats = n % 2 == 1;
  if (repeats) memcpy(originals[lanes - 1], originals[lanes - 2], n * n * sizeof(double));
  const double bound = 1e-12 * (double)(n + 1);
  typedef const double *const *readable;
  EACH_PLACEMENT {
    start_case("small LU and its solutions, n %zu", n);
    double **matrices = place_lanes(lanes, n * n, originals),
           **factors = place_lanes(lanes, (n + 1) * n, NULL);
    if (repeats) matrices[lanes - 1] = matrices[lanes - 2];
    if (!RUN(USE(f->lu)(n, (readable)matrices, factors))) continue;
    for (int l = 0; l < lanes; l++) {
      double order[CK_LINEAR_SMALL];
      for (size_t i = 0; i < n; i++) order[i] = (double)i;
      for (size_t j = 0; j < n; j++) {
        const size_t pivot = (size_t)factors[l][n * n + j];
        const double other = order[j];
        order[j] = order[pivot], order[pivot] = other;
      }
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
          double sum = 0;
          for (size_t k = 0; k <= i && k <= j; k++)
            sum += (k == i ? 1 : factors[l][i * n + k]) * factors[l][k * n + j];
          near("LU", sum, originals[l][(size_t)order[i] * n + j], bound);
        }
    }
    for (int logarithm = 0; logarithm < 2; logarithm++) {
      double **results = place_lanes(lanes, 1 + (size_t)logarithm, NULL);
      if (!RUN(USE(f->determinant)(n, (readable)matrices, results, logarithm))) continue;
      for (int l = 0; l < lanes; l++) {
        double wanted = 1;
        for (size_t j = 0; j < n; j++)
          wanted *= factors[l][n * n + j] == (double)j ? factors[l][j * n + j]
                                                       : -factors[l][j * n + j];
        if (!logarithm) {
          near("determinant", results[l][0], wanted, 1e-14 * (double)n * fabs(wanted));
          continue;
        }
        near("sign", results[l][0], wanted < 0 ? -1 : wanted > 0, 0);
        near("logarithm", results[l][1], log(fabs(wanted)), 1e-14 * (double)(n + 20));
      }
    }
    // Right sides of which more than a block fits.
    const size_t count = 1 + below(20);
    static double right[LANES][CK_LINEAR_TALL * CK_LINEAR_SMALL];
    for (int l = 0; l < lanes; l++) numbers(CK_F64, ORDINARY, right[l], n * count);
    for (int transposed = 0; transposed < 2; transposed++) {
      double **sides = place_lanes(lanes, n * count, right),
             **solutions = place_lanes(lanes, n * count, NULL);
      if (!RUN(
            USE(f->lu_solve)(n, count, (readable)factors, (readable)sides, solutions, transposed)))
        continue;
      for (int l = 0; l < lanes; l++)
        for (size_t i = 0; i < n; i++)
          for (size_t c = 0; c < count; c++) {
            double sum = 0, size = 1;
            for (size_t k = 0; k < n; k++) {
              const double term =
                originals[l][transposed ? k * n + i : i * n + k] * solutions[l][k * count + c];
              sum += term, size += fabs(term);
            }
            near("LU solution", sum, right[l][i * count + c], 1e-11 * size);
          }
    }
    start_case("small triangular solutions, n %zu", n);
    static double triangles[LANES][CK_LINEAR_TALL * CK_LINEAR_SMALL];
    memcpy(triangles, originals, sizeof triangles);
    for (int l = 0; l < lanes; l++)
      for (size_t i = 0; i < n; i++) triangles[l][i * n + i] = 5 + (double)i;
    for (int form = 0; form < 4; form++) {
      start_case("small triangular solutions, n %zu, form %d", n, form);
      const int lower = form & 1, is_unit = form >> 1;
      double **t = place_lanes(lanes, n * n, triangles),
             **sides = place_lanes(lanes, n * count, right),
             **solutions = place_lanes(lanes, n * count, NULL);
      if (!RUN(USE(f->triangular_solve)(
            n, count, (readable)t, (readable)sides, solutions, lower, is_unit)))
        continue;
      for (int l = 0; l < lanes; l++)
        for (size_t i = 0; i < n; i++)
          for (size_t c = 0; c < count; c++) {
            double sum = 0, size = 1;
            for (size_t k = 0; k < n; k++) {
              if (lower ? k > i : k < i) continue;
              const double term =
                (k == i && is_unit ? 1 : triangles[l][i * n + k]) * solutions[l][k * count + c];
              sum += term, size += fabs(term);
            }
            near("triangular solution", sum, right[l][i * count + c], 1e-11 * size);
          }
    }
    start_case("small Cholesky, n %zu", n);
    static double positive[LANES][CK_LINEAR_TALL * CK_LINEAR_SMALL];
    for (int l = 0; l < lanes; l++)
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
          positive[l][i * n + j] =
            element_of_product(originals[l], n, originals[l], n, i, j, n, 1) + (i == j);
    matrices = place_lanes(lanes, n * n, positive), factors = place_lanes(lanes, n * n, NULL);
    if (RUN(USE(f->cholesky)(n, (readable)matrices, factors)))
      for (int l = 0; l < lanes; l++)
        for (size_t i = 0; i < n; i++)
          for (size_t j = 0; j < n; j++)
            near(
              "L Lt", element_of_product(factors[l], n, factors[l], n, i, j, n, 1),
              positive[l][i * n + j], 300 * bound);
    start_case("small eigenvalues, n %zu", n);
    matrices = place_lanes(lanes, n * n, positive);
    double **results = place_lanes(lanes, n * (n + 1), NULL);
    if (RUN(USE(f->eigen)(n, (readable)matrices, results)))
      for (int l = 0; l < lanes; l++)
        for (size_t i = 0; i < n; i++) {
          const double *row = results[l] + i * (n + 1);
          if (i > 0 && row[0] < row[-(ptrdiff_t)(n + 1)])
            report("the eigenvalues are not in order");
          for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++) sum += positive[l][j * n + k] * row[1 + k];
            near("A v", sum, row[0] * row[1 + j], 300 * bound);
          }
        }
  }
}

static void test_small_tall(size_t m, size_t n) {
  const ck_linear *f = ck_linear_for(table);
  const int lanes = f->lanes;
  const double bound = 1e-12 * (double)(m + 1);
  typedef const double *const *readable;
  for (int l = 0; l < lanes; l++) numbers(CK_F64, ORDINARY, originals[l], m * n);
  EACH_PLACEMENT {
    start_case("small QR, %zu x %zu", m, n);
    double **matrices = place_lanes(lanes, m * n, originals),
           **results = place_lanes(lanes, n * (m + n), NULL);
    if (RUN(USE(f->qr)(m, n, (readable)matrices, results)))
      for (int l = 0; l < lanes; l++)
        for (size_t i = 0; i < m; i++)
          for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k <= j; k++)
              sum += results[l][k * (m + n) + i] * results[l][k * (m + n) + m + j];
            near("Q R", sum, originals[l][i * n + j], bound);
          }
    start_case("small SVD, %zu x %zu", m, n);
    matrices = place_lanes(lanes, m * n, originals),
    results = place_lanes(lanes, n * (m + 1 + n), NULL);
    volatile uint32_t fails = 0;
    if (!RUN(fails = USE(f->svd)(m, n, (readable)matrices, results))) continue;
    if (fails) report("lanes %x are not set", fails);
    for (int l = 0; l < lanes && !fails; l++)
      for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
          double sum = 0;
          for (size_t k = 0; k < n; k++) {
            const double *row = results[l] + k * (m + 1 + n);
            sum += row[i] * row[m] * row[m + 1 + j];
          }
          near("U S Vt", sum, originals[l][i * n + j], bound);
        }
  }
}

// --- Cross products ------------------------------------------------------------------------------

static void test_cross(ck_dtype type) {
  ck_cross_fn f = USE(ck_cross(table, type));
  for (size_t count = 0; count < 70; count += 1 + count / 16) {
    numbers(type, INTEGERS, x, 3 * count), numbers(type, INTEGERS, y, 3 * count);
    for (size_t i = 0; i < 3 * count; i++) {
      const size_t start = i / 3 * 3, next = start + (i + 1) % 3, last = start + (i + 2) % 3;
      expected[i] = x[next] * y[last] - x[last] * y[next];
    }
    EACH_PLACEMENT {
      start_case("cross products %s, %zu", name_of(type), count);
      const void *a = placed(type, x, 3 * count, 1), *b = placed(type, y, 3 * count, 1);
      void *c = blank(type, 3 * count);
      if (RUN(f(a, b, c, count))) expect(type, c, expected, 0, 3 * count, 1);
    }
  }
}

// --- Steps of large ones -------------------------------------------------------------------------

static void test_vectors(size_t n) {
  const ck_linear *f = ck_linear_for(table);
  numbers(CK_F64, ORDINARY, x, n), numbers(CK_F64, ORDINARY, y, n);
  double dot = 0, squares = 0;
  for (size_t i = 0; i < n; i++) dot += x[i] * y[i], squares += x[i] * x[i];
  EACH_PLACEMENT {
    start_case("dot product, n %zu", n);
    const double *a = placed(CK_F64, x, n, 1), *b = placed(CK_F64, y, n, 1);
    volatile double result = 0;
    if (RUN(result = USE(f->dot)(a, b, n)))
      near("x . y", result, dot, 1e-14 * (16 * (double)n + 1));
    start_case("norm, n %zu", n);
    a = placed(CK_F64, x, n, 1);
    if (RUN(result = USE(f->norm)(a, n)))
      near("|x|", result, sqrt(squares), 1e-14 * (sqrt(squares) + 1));
    if (n < 1) continue;
    start_case("reflector, n %zu", n);
    double *v = placed(CK_F64, x, n, 1), *beta = operand(8);
    volatile double tau = 0;
    if (!RUN(tau = USE(f->reflector)(v, n, beta))) continue;
    double product = 0;
    for (size_t i = 0; i < n; i++) product += v[i] * x[i];
    for (size_t i = 0; i < n; i++)
      near(
        "reflected", x[i] - tau * product * v[i], i == 0 ? *beta : 0, 1e-13 * (sqrt(squares) + 1));
  }
}

static void test_rectangle(size_t m, size_t n) {
  const ck_linear *f = ck_linear_for(table);
  const size_t step = n + below(3), count = m < n ? m : n;
  numbers(CK_F64, ORDINARY, x, m * n);
  double largest = 0;
  for (size_t i = 0; i < m * n; i++) largest = fabs(x[i]) > largest ? fabs(x[i]) : largest;
  static double pivots[256], cosines[256], sines[256];
  EACH_PLACEMENT {
    start_case("largest magnitude, %zu x %zu", m, n);
    const double *a = placed_rows(CK_F64, x, m, n, (ptrdiff_t)step);
    volatile double result = 0;
    if (RUN(result = USE(f->largest_magnitude)(m, n, a, step))) near("max |x|", result, largest, 0);
    for (int reversed = 0; reversed < 2; reversed++) {
      start_case("exchange of rows, %zu x %zu, reversed %d", m, n, reversed);
      double *b = placed_rows(CK_F64, x, m, n, (ptrdiff_t)step);
      memcpy(expected, x, m * n * 8);
      for (size_t j = 0; j < count; j++) pivots[j] = (double)(j + below(m - j));
      for (size_t i = 0; i < count; i++) {
        const size_t j = reversed ? count - 1 - i : i, k = (size_t)pivots[j];
        for (size_t c = 0; c < n; c++) {
          const double other = expected[j * n + c];
          expected[j * n + c] = expected[k * n + c], expected[k * n + c] = other;
        }
      }
      const double *p = placed(CK_F64, pivots, count, 1);
      if (RUN(USE(f->exchange_rows)(b, step, n, p, count, reversed)))
        for (size_t i = 0; i < m; i++) expect(CK_F64, b + i * step, expected + i * n, 0, n, 0);
    }
    start_case("rotation of rows, %zu x %zu", m, n);
    memcpy(expected, x, m * n * 8);
    for (size_t i = 0; i < m * n; i++) floors[i] = 64;
    for (size_t i = 0; i + 1 < m; i++) {
      const double angle = uniform(0, 6);
      cosines[i] = cos(angle), sines[i] = sin(angle);
    }
    for (size_t i = m - 1; i-- > 0;)
      for (size_t c = 0; c < n; c++) {
        const double upper = expected[i * n + c], lower = expected[(i + 1) * n + c];
        expected[(i + 1) * n + c] = sines[i] * upper + cosines[i] * lower;
        expected[i * n + c] = cosines[i] * upper - sines[i] * lower;
      }
    double *b = placed_rows(CK_F64, x, m, n, (ptrdiff_t)step);
    const double *c = placed(CK_F64, cosines, m - 1, 1), *s = placed(CK_F64, sines, m - 1, 1);
    if (RUN(USE(f->rotate_rows)(c, s, m - 1, b, step, n)))
      for (size_t i = 0; i < m; i++)
        expect(CK_F64, b + i * step, expected + i * n, floors + i * n, n, 8);
  }
}

static void test_panels(size_t m, size_t n) {
  const ck_linear *f = ck_linear_for(table);
  const size_t step = n + below(3), long_step = m + below(3);
  numbers(CK_F64, ORDINARY, x, m * n);
  const double bound = 1e-12 * (double)(m + 1);
  EACH_PLACEMENT {
    start_case("LU panel, %zu x %zu", m, n);
    double *a = placed_rows(CK_F64, x, m, n, (ptrdiff_t)step), *pivots = operand(n * 8),
           *scratch = operand(n * m * 8);
    if (RUN(USE(f->lu_panel)(m, n, a, step, pivots, scratch))) {
      memcpy(expected, x, m * n * 8);
      for (size_t j = 0; j < n; j++)
        for (size_t c = 0; c < n; c++) {
          const size_t k = (size_t)pivots[j];
          const double other = expected[j * n + c];
          expected[j * n + c] = expected[k * n + c], expected[k * n + c] = other;
        }
      for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
          double sum = 0;
          for (size_t k = 0; k <= i && k <= j; k++)
            sum += (k == i ? 1 : a[i * step + k]) * a[k * step + j];
          near("LU", sum, expected[i * n + j], bound);
        }
    }
    // Column j of the matrix is row j of w.
    start_case("reflector panel, %zu x %zu", m, n);
    double *w = placed_rows(CK_F64, x, n, m, (ptrdiff_t)long_step),
           *v = operand(((n - 1) * long_step + m) * 8);
    double *taus = operand(n * 8);
    for (size_t j = 0; j < n; j++) memset(v + j * long_step, 0, j * 8);
    if (!RUN(USE(f->reflector_panel)(n, m, w, long_step, v, long_step, taus))) continue;
    // Apply the reflectors to the original columns.
    for (size_t c = 0; c < n; c++) {
      double column[512];
      memcpy(column, x + c * m, m * 8);
      for (size_t j = 0; j < n; j++) {
        double product = 0;
        for (size_t i = j; i < m; i++) product += v[j * long_step + i] * column[i];
        for (size_t i = j; i < m; i++) column[i] -= taus[j] * product * v[j * long_step + i];
      }
      for (size_t i = 0; i <= c; i++) near("R", w[c * long_step + i], column[i], 10 * bound);
      for (size_t i = c + 1; i < m; i++) near("below R", column[i], 0, 10 * bound);
    }
    double products[CK_LINEAR_PANEL * CK_LINEAR_PANEL], kept_taus[CK_LINEAR_PANEL],
      vectors[CK_LINEAR_PANEL * 512];
    for (size_t j = 0; j < n; j++) memcpy(vectors + j * m, v + j * long_step, m * 8);
    memcpy(kept_taus, taus, n * 8);
    // Frees the operands from which the copies were taken.
    start_case("triangle of reflectors, %zu x %zu", m, n);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        products[i * n + j] = element_of_product(vectors, m, vectors, m, i, j, m, 1);
    const double *p = placed(CK_F64, products, n * n, 1), *t_of = placed(CK_F64, kept_taus, n, 1);
    double *t = operand(n * n * 8);
    if (!RUN(USE(f->reflector_triangle)(n, p, n, t_of, t, n))) continue;
    // I - V T Vt, with t = Tt, is the product of the reflectors: on a vector.
    double in[512], one[512], other[512], along[CK_LINEAR_PANEL];
    numbers(CK_F64, ORDINARY, in, m);
    memcpy(one, in, m * 8), memcpy(other, in, m * 8);
    for (size_t j = n; j-- > 0;) {
      double product = 0;
      for (size_t i = 0; i < m; i++) product += vectors[j * m + i] * one[i];
      for (size_t i = 0; i < m; i++) one[i] -= kept_taus[j] * product * vectors[j * m + i];
    }
    for (size_t j = 0; j < n; j++) {
      along[j] = 0;
      for (size_t i = 0; i < m; i++) along[j] += vectors[j * m + i] * in[i];
    }
    for (size_t i = 0; i < n; i++) {
      double factor = 0;
      for (size_t j = 0; j < n; j++) factor += t[j * n + i] * along[j];
      for (size_t k = 0; k < m; k++) other[k] -= vectors[i * m + k] * factor;
    }
    for (size_t i = 0; i < m; i++) near("block reflector", other[i], one[i], 10 * bound);
  }
}

static void test_squares(size_t n) {
  const ck_linear *f = ck_linear_for(table);
  const size_t step = n + below(3);
  numbers(CK_F64, ORDINARY, x, n * n), numbers(CK_F64, ORDINARY, y, n);
  EACH_PLACEMENT {
    start_case("symmetric part, n %zu", n);
    const double *a = placed_rows(CK_F64, x, n, n, (ptrdiff_t)step);
    double *out = operand(n ? ((n - 1) * step + n) * 8 : 0);
    if (RUN(USE(f->symmetric_part)(n, a, step, out, step)))
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
          near("(a + at)/2", out[i * step + j], x[i * n + j] * 0.5 + x[j * n + i] * 0.5, 0);
    start_case("symmetric matrix times vector, n %zu", n);
    const size_t first = below(n), last = first + below(n - first + 1);
    for (size_t i = 0; i < n; i++) expected[i] = 1, floors[i] = 16 * (double)n + 16;
    for (size_t i = first; i < last; i++)
      for (size_t j = i; j < n; j++) {
        expected[i] += x[i * n + j] * y[j];
        if (j > i) expected[j] += x[i * n + j] * y[i];
      }
    a = placed_rows(CK_F64, x, n, n, (ptrdiff_t)step);
    const double *vector = placed(CK_F64, y, n, 1);
    out = operand(n * 8);
    for (size_t i = 0; i < n; i++) out[i] = 1;
    if (RUN(USE(f->symmetric_rows)(n, first, last, a, step, vector, out)))
      expect(CK_F64, out, expected, floors, n, 4);
    if (n > CK_LINEAR_PANEL) continue;
    start_case("Cholesky panel, n %zu", n);
    double positive[CK_LINEAR_PANEL * CK_LINEAR_PANEL];
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        positive[i * n + j] = element_of_product(x, n, x, n, i, j, n, 1) + (i == j);
    double *u = placed_rows(CK_F64, positive, n, n, (ptrdiff_t)step);
    volatile int32_t is_positive = 0;
    if (!RUN(is_positive = USE(f->cholesky_panel)(n, u, step))) continue;
    if (!is_positive) report("a pivot is not positive");
    for (size_t i = 0; i < n; i++)
      for (size_t j = i; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k <= i; k++) sum += u[k * step + i] * u[k * step + j];
        near("Ut U", sum, positive[i * n + j], 1e-10);
      }
    for (size_t columns = 1; columns < 100; columns += 1 + columns)
      for (int form = 0; form < 8; form++) {
        const int lower = form & 1, is_unit = form >> 1 & 1, transposed = form >> 2;
        double triangle[CK_LINEAR_PANEL * CK_LINEAR_PANEL];
        static double sides[CK_LINEAR_PANEL * 128];
        memcpy(triangle, x, n * n * 8);
        for (size_t i = 0; i < n; i++) triangle[i * n + i] = 5 + (double)i;
        numbers(CK_F64, ORDINARY, sides, n * columns);
        start_case("triangular panel, n %zu, %zu columns, form %d", n, columns, form);
        const double *t = placed(CK_F64, triangle, n * n, 1);
        double *b = placed(CK_F64, sides, n * columns, 1);
        if (!RUN(USE(f->triangular_panel)(
              n, t, transposed ? 1 : (ptrdiff_t)n, transposed ? (ptrdiff_t)n : 1, b, columns,
              columns, lower, is_unit)))
          continue;
        for (size_t i = 0; i < n; i++)
          for (size_t c = 0; c < columns; c++) {
            double sum = 0, size = 1;
            for (size_t k = 0; k < n; k++) {
              if (lower ? k > i : k < i) continue;
              const double factor = transposed ? triangle[k * n + i] : triangle[i * n + k];
              const double term = (k == i && is_unit ? 1 : factor) * b[k * columns + c];
              sum += term, size += fabs(term);
            }
            near("triangular solution", sum, sides[i * columns + c], 1e-11 * size);
          }
      }
  }
}

// The eigenvectors of D + z zt, all roots at once and from a part of them on.
static void test_secular(size_t n) {
  const ck_linear *f = ck_linear_for(table);
  static double d[256], z[256], squares[256];
  double bound = 0, last = 0;
  for (size_t i = 0; i < n; i++) {
    d[i] = last += uniform(0.1, 1);
    z[i] = (below(2) ? 1 : -1) * uniform(0.1, 1), squares[i] = z[i] * z[i], bound += squares[i];
  }
  EACH_PLACEMENT {
    start_case("secular equation, n %zu", n);
    const double *poles = placed(CK_F64, d, n, 1), *square = placed(CK_F64, squares, n, 1),
                 *order = placed(CK_F64, d, n, 1);
    double *values = operand(n * 8), *gaps = operand(n * n * 8), *weights = placed(CK_F64, z, n, 1);
    const size_t cut = below(n + 1);
    if (!RUN(USE(f->secular_roots)(
          n, poles, square, bound * 1.0000001, order, 0, cut, values, gaps, n)))
      continue;
    if (!RUN(f->secular_roots(n, poles, square, bound * 1.0000001, order, cut, n, values, gaps, n)))
      continue;
    for (size_t j = 0; j < n; j++)
      if (!(values[j] > d[j] && values[j] <= (j + 1 < n ? d[j + 1] : d[j] + bound * 1.000001)))
        report("root %zu, %g, is not above its pole", j, values[j]);
    if (!RUN(USE(f->secular_weights)(n, poles, order, gaps, n, 0, cut, weights))) continue;
    if (!RUN(f->secular_weights(n, poles, order, gaps, n, cut, n, weights))) continue;
    for (size_t i = 0; i < n; i++) near("weight", weights[i], z[i], 1e-12 * (double)n);
    static double distances[256 * 256], roots[256];
    memcpy(distances, gaps, n * n * 8), memcpy(roots, values, n * 8);
    for (size_t j = 0; j < n; j++) {
      start_case("secular equation, n %zu, vector %zu", n, j);
      double *vector = placed(CK_F64, distances + j * n, n, 1);
      const double *kept = placed(CK_F64, z, n, 1);
      if (!RUN(USE(f->secular_vector)(n, kept, vector))) break;
      double product = 0;
      for (size_t i = 0; i < n; i++) product += z[i] * vector[i];
      for (size_t i = 0; i < n; i++)
        near(
          "(D + z zt) v", d[i] * vector[i] + z[i] * product, roots[j] * vector[i],
          1e-11 * (double)(n + 1));
    }
  }
}

void test_linear(void) {
  test_cross(CK_F32), test_cross(CK_F64), test_cross(CK_I32);
  test_determinants_of_extremes();
  for (size_t n = 1; n <= CK_LINEAR_SMALL; n++) {
    test_small(n);
    for (size_t m = n; m <= CK_LINEAR_TALL; m += 5) test_small_tall(m, n);
  }
  for (size_t n = 0; n < 300; n += 1 + n / 6) test_vectors(n);
  for (size_t n = 1; n < 90; n += 1 + n / 3) {
    test_squares(n);
    for (size_t m = 2; m < 60; m += 1 + m / 2) test_rectangle(m, n);
    if (n <= 30) test_secular(n);
  }
  for (size_t n = 1; n <= CK_LINEAR_PANEL; n += 1 + n / 4)
    for (size_t m = n; m < 200; m += 1 + m / 3) test_panels(m, n);
}
