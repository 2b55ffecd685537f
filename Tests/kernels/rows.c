// Reductions, and kernels over rows and columns, against plain loops in double.
#include "harness.h"

static double x[MOST], y[MOST], z[MOST], expected[MOST], floors[MOST], weights[4096], shifts[4096];
#define COUNT(array) (sizeof(array) / sizeof *(array))
static const size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 127, 130, 300};

// --- Reductions ----------------------------------------------------------------------------------

// The reduction of numbers `step` apart and the sum of the magnitudes of its terms. The product is
// taken of numbers near 1, so that it stays in range.
static double reduced(
  ck_reduce_op op, ck_dtype type, const double *in, size_t n, ptrdiff_t step, double *floor) {
  static const double lowest[] = {-INFINITY, -INFINITY, INT32_MIN, 0};
  static const double highest[] = {INFINITY, INFINITY, INT32_MAX, 1};
  long double result = op == CK_REDUCE_PROD ? 1 : 0, sum = 0;
  if (op == CK_REDUCE_MAX) result = lowest[type];
  if (op == CK_REDUCE_MIN) result = highest[type];
  for (size_t i = 0; i < n; i++) {
    const long double v = in[(ptrdiff_t)i * step];
    switch (op) {
      case CK_REDUCE_SUM: result += v, sum += fabsl(v); break;
      case CK_REDUCE_PROD: result *= v; break;
      case CK_REDUCE_SUM_SQUARES: result += v * v, sum += v * v; break;
      case CK_REDUCE_MAX: result = isnan(result) || v < result ? result : v; break;
      default: result = isnan(result) || v > result ? result : v; break;
    }
    if (type == CK_I32) result = (int32_t)(uint32_t)(int64_t)result;
  }
  if (type == CK_BOOL && op == CK_REDUCE_PROD) result = result != 0;
  *floor = (double)(op == CK_REDUCE_PROD ? fabsl(result) * (long double)n : sum);
  return (double)result;
}

static void fill_for(ck_reduce_op op, ck_dtype type, size_t n) {
  numbers(type, ORDINARY, x, n);
  for (size_t i = 0; i < n && op == CK_REDUCE_PROD; i++)
    x[i] = type <= CK_F64 ? rounded(type, uniform(0.9, 1.1))
      : type == CK_I32    ? 1 + (double)below(3)
                          : x[i];
  if (type <= CK_F64 && n > 0 && (op == CK_REDUCE_MAX || op == CK_REDUCE_MIN) && below(6) == 0)
    x[below(n)] = NAN;
}

static void test_reduce(void) {
  static const size_t lengths[] = {0,  1,  2,  3,  7,   8,    9,    15,   16,
                                   17, 63, 64, 65, 130, 1023, 1024, 1025, 3000};
  // Rows one by one, and more than a vector has lanes.
  static const size_t row_counts[] = {1, 3, 37};
  for (ck_reduce_op op = 0; op < CK_REDUCE_COUNT; op++)
    for (ck_dtype type = 0; type < CK_DTYPE_COUNT; type++) {
      ck_reduce_fn f = USE(ck_reduce(table, op, type));
      ck_reduce_rows_fn over_rows = USE(ck_reduce_rows(table, op, type));
      const ck_dtype to = type == CK_BOOL && op == CK_REDUCE_SUM ? CK_I32 : type;
      for (size_t l = 0; l < COUNT(lengths) && f; l++)
        for (size_t r = 0; r < COUNT(row_counts); r++) {
          const size_t n = lengths[l], rows = row_counts[r];
          fill_for(op, type, rows * n);
          for (size_t i = 0; i < rows; i++)
            expected[i] = reduced(op, type, x + i * n, n, 1, &floors[i]);
          EACH_PLACEMENT {
            start_case("reduce %d, %s, %zu rows of %zu", op, name_of(type), rows, n);
            const void *in = placed(type, x, rows * n, 1);
            void *out = blank(to, rows);
            if (RUN(f(in, rows, n, out))) expect(to, out, expected, floors, rows, 16);
          }
        }
      for (size_t w = 0; w < COUNT(widths) && over_rows; w++)
        for (size_t rows = 0; rows < 200; rows += 1 + rows / 2) {
          const size_t columns = widths[w], step = columns + (rows % 2 ? 3 : 0);
          if (op == CK_REDUCE_PROD && type == CK_I32 && rows > 15) continue;
          fill_for(op, type, rows * columns);
          for (size_t j = 0; j < columns; j++)
            expected[j] = reduced(op, type, x + j, rows, (ptrdiff_t)columns, &floors[j]);
          EACH_PLACEMENT {
            start_case(
              "reduce rows %d, %s, %zu x %zu, step %zu", op, name_of(type), rows, columns, step);
            const void *in = placed_rows(type, x, rows, columns, (ptrdiff_t)step);
            void *out = blank(to, columns);
            if (RUN(over_rows(in, (ptrdiff_t)step, rows, columns, out)))
              expect(to, out, expected, floors, columns, 16);
          }
        }
    }
  // By blocks: the bits of the whole sum.
  for (ck_dtype type = CK_F32; type <= CK_F64; type++)
    for (int squares = 0; squares < 2; squares++)
      for (size_t l = 0; l < COUNT(lengths); l++) {
        const size_t n = lengths[l];
        const ck_reduce_op op = squares ? CK_REDUCE_SUM_SQUARES : CK_REDUCE_SUM;
        ck_sum_block_fn add = USE(ck_sum_block(table, op, type));
        ck_sum_lanes_fn finish = USE(ck_sum_lanes(table, type));
        fill_for(op, type, n);
        EACH_PLACEMENT {
          start_case("sum by blocks %d, %s, n %zu", op, name_of(type), n);
          double *lanes = blank(CK_F64, CK_SUM_LANES);
          memset(lanes, 0, CK_SUM_LANES * sizeof *lanes);
          void *out = blank(type, 1), *whole = blank(type, 1);
          int is_run = 1;
          for (size_t from = 0; from < n && is_run; from += CK_SUM_BLOCK) {
            const size_t count = n - from < CK_SUM_BLOCK ? n - from : CK_SUM_BLOCK;
            const void *in = placed(type, x + from, count, 1);
            is_run = RUN(add(in, count, lanes));
          }
          const void *in = placed(type, x, n, 1);
          if (is_run && RUN((finish(lanes, out), ck_reduce(table, op, type)(in, 1, n, whole))))
            expect_same(type, out, whole, 1);
        }
      }
}

// The first index of the extreme; NaN counts as it.
static size_t first_extreme(ck_arg_op op, const double *in, size_t n, size_t step) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++) {
    const double v = in[i * step], most = in[best * step];
    if (!isnan(most) && (isnan(v) || (op == CK_ARG_MAX ? v > most : v < most))) best = i;
  }
  return best;
}

// The extremes so far of the columns of x, the last of equals; see `ck_scan_arg`.
static void test_scan_argument(ck_arg_op op, ck_dtype type, size_t rows, size_t columns) {
  for (size_t j = 0; j < columns; j++) {
    size_t best = 0;
    for (size_t i = 0; i < rows; i++) {
      const double v = x[i * columns + j], most = x[best * columns + j];
      if (isnan(v) || (!isnan(most) && (op == CK_ARG_MAX ? v >= most : v <= most))) best = i;
      expected[i * columns + j] = (double)best;
    }
  }
  EACH_PLACEMENT {
    start_case("scan arg %d, %s, %zu x %zu", op, name_of(type), rows, columns);
    const void *in = placed(type, x, rows * columns, 1);
    int32_t *out = blank(CK_I32, rows * columns);
    if (RUN(USE(ck_scan_arg(table, op, type))(in, (ptrdiff_t)columns, rows, columns, out)))
      expect(CK_I32, out, expected, 0, rows * columns, 0);
  }
}

static void test_arguments(void) {
  for (ck_arg_op op = 0; op < CK_ARG_COUNT; op++)
    for (ck_dtype type = 0; type < CK_DTYPE_COUNT; type++)
      for (size_t w = 0; w < COUNT(widths); w++)
        for (size_t rows = 1; rows < 100; rows += 1 + rows) {
          const size_t n = widths[w], columns = n;
          numbers(type, INTEGERS, x, n * rows);
          if (type <= CK_F64 && below(3) == 0) x[below(n * rows)] = NAN;
          test_scan_argument(op, type, n, 1);
          for (size_t i = 0; i < rows; i++)
            expected[i] = (double)first_extreme(op, x + i * n, n, 1);
          EACH_PLACEMENT {
            start_case("arg %d, %s, %zu rows of %zu", op, name_of(type), rows, n);
            const void *in = placed(type, x, rows * n, 1);
            int32_t *out = blank(CK_I32, rows);
            if (RUN(USE(ck_arg_reduce(table, op, type))(in, rows, n, out)))
              expect(CK_I32, out, expected, 0, rows, 0);
          }
          for (size_t j = 0; j < columns; j++)
            expected[j] = (double)first_extreme(op, x + j, rows, columns);
          EACH_PLACEMENT {
            start_case("arg rows %d, %s, %zu x %zu", op, name_of(type), rows, columns);
            const void *in = placed_rows(type, x, rows, columns, (ptrdiff_t)columns + 2);
            int32_t *out = blank(CK_I32, columns);
            if (RUN(USE(ck_arg_rows(table, op, type))(
                  in, (ptrdiff_t)columns + 2, rows, columns, out)))
              expect(CK_I32, out, expected, 0, columns, 0);
          }
          test_scan_argument(op, type, rows, columns);
        }
}

void test_reductions(void) {
  test_reduce();
  test_arguments();
}

// --- Softmax and its kin -------------------------------------------------------------------------

static long double log_sum(const double *in, size_t n, size_t step) {
  long double most = -INFINITY, sum = 0;
  for (size_t i = 0; i < n; i++) most = in[i * step] > most ? in[i * step] : most;
  for (size_t i = 0; i < n; i++) sum += expl(in[i * step] - most);
  return most + logl(sum);
}

// Rows of `n` elements `step` apart: the result of an operation and its gradient.
static void plain_softmax(ck_rows_op op, const double *in, double *out, size_t n, size_t step) {
  const long double total = log_sum(in, n, step);
  for (size_t i = 0; i < n; i++)
    out[i * step] =
      (double)(op == CK_ROWS_SOFTMAX ? expl(in[i * step] - total) : in[i * step] - total);
}
static void plain_softmax_gradient(
  ck_rows_op op, const double *dy, size_t dy_step, const double *out, double *dx, double *floor,
  size_t n, size_t step) {
  double sum = 0, size = 0;
  for (size_t i = 0; i < n; i++) {
    const double d = dy[i * dy_step], term = op == CK_ROWS_SOFTMAX ? d * out[i * step] : d;
    sum += term, size += fabs(term);
  }
  for (size_t i = 0; i < n; i++) {
    const double d = dy[i * dy_step], v = out[i * step];
    const double factor = op == CK_ROWS_SOFTMAX ? v : exp(v);
    dx[i * step] = op == CK_ROWS_SOFTMAX ? v * (d - sum) : d - factor * sum;
    floor[i * step] = fabs(op == CK_ROWS_SOFTMAX ? v * d : d) + fabs(factor) * size;
  }
}

static void test_softmax(ck_dtype type, size_t rows, size_t columns) {
  const size_t n = rows * columns;
  for (ck_rows_op op = CK_ROWS_SOFTMAX; op <= CK_ROWS_LOG_SOFTMAX; op++)
    for (int by_columns = 0; by_columns < (columns % CK_STRIP == 0 ? 2 : 1); by_columns++)
      for (int is_shared = 0; is_shared < 2; is_shared++) {
        const size_t lines = by_columns ? columns : rows, length = by_columns ? rows : columns;
        const size_t line = by_columns ? 1 : columns, step = by_columns ? columns : 1;
        const char *name = op == CK_ROWS_SOFTMAX ? "softmax" : "log softmax";
        numbers(type, ORDINARY, x, n);
        for (size_t i = 0; i < lines; i++)
          plain_softmax(op, x + i * line, expected + i * line, length, step);
        for (size_t i = 0; i < n; i++) floors[i] = op == CK_ROWS_SOFTMAX ? 0 : fabs(x[i]) + 8;
        EACH_PLACEMENT {
          start_case(
            "%s %s, %zu x %zu, %s", name, name_of(type), rows, columns,
            by_columns ? "columns" : "rows");
          const void *in = placed(type, x, n, 1);
          void *out = blank(type, n);
          ck_rows_fn f =
            by_columns ? USE(ck_columns(table, op, type)) : USE(ck_rows(table, op, type));
          if (RUN(f(in, out, rows, columns))) expect(type, out, expected, floors, n, 8);
        }
        for (size_t i = 0; i < n; i++) z[i] = rounded(type, expected[i]);
        numbers(type, ORDINARY, y, n);
        const size_t dy_step = is_shared ? 0 : columns;
        for (size_t i = 0; i < lines; i++)
          plain_softmax_gradient(
            op, by_columns ? y + i : y + i * dy_step, by_columns ? dy_step : 1, z + i * line,
            expected + i * line, floors + i * line, length, step);
        EACH_PLACEMENT {
          start_case(
            "gradient of %s %s, %zu x %zu, %s, dy step %zu", name, name_of(type), rows, columns,
            by_columns ? "columns" : "rows", dy_step);
          const void *dy = placed(type, y, is_shared ? columns : n, 1),
                     *out = placed(type, z, n, 1);
          void *dx = blank(type, n);
          double *scratch = blank(CK_F64, CK_STRIP * rows);
          const int is_run = by_columns
            ? RUN(
                USE(ck_columns_grad(table, op, type))(dy, dy_step, out, dx, rows, columns, scratch))
            : RUN(USE(ck_rows_grad(table, op, type))(dy, dy_step, out, dx, rows, columns));
          if (is_run) expect(type, dx, expected, floors, n, 16);
        }
      }
}

static void test_variance(ck_dtype type, size_t rows, size_t columns) {
  const size_t n = rows * columns;
  numbers(type, ORDINARY, x, n), numbers(type, ORDINARY, y, rows);
  for (size_t i = 0; i < rows; i++) {
    double mean = 0, squares = 0;
    for (size_t j = 0; j < columns; j++) mean += x[i * columns + j] / (double)columns;
    for (size_t j = 0; j < columns; j++) {
      const double d = x[i * columns + j] - mean;
      squares += d * d;
      z[i * columns + j] = y[i] * d, floors[i * columns + j] = 8 * fabs(y[i]);
    }
    expected[i] = squares / (double)columns, weights[i] = 1;
  }
  EACH_PLACEMENT {
    start_case("variance %s, %zu x %zu", name_of(type), rows, columns);
    const void *in = placed(type, x, n, 1);
    void *out = blank(type, rows);
    if (RUN(USE(ck_rows(table, CK_ROWS_VARIANCE, type))(in, out, rows, columns)))
      expect(type, out, expected, weights, rows, 8);
    start_case("gradient of variance %s, %zu x %zu", name_of(type), rows, columns);
    const void *dy = placed(type, y, rows, 1);
    in = placed(type, x, n, 1), out = blank(type, n);
    if (RUN(USE(ck_rows_grad(table, CK_ROWS_VARIANCE, type))(dy, 1, in, out, rows, columns)))
      expect(type, out, z, floors, n, 8);
  }
}

// The gradients of the product and the cumulative product of columns, with a zero now and then.
static void test_product_gradients(ck_dtype type, size_t rows, size_t columns) {
  const size_t n = rows * columns;
  if (columns % CK_STRIP != 0 || rows > 40) return;
  for (ck_rows_op op = CK_ROWS_PRODUCT; op <= CK_ROWS_CUMULATIVE_PRODUCT; op++) {
    for (size_t i = 0; i < n; i++) x[i] = below(9) ? rounded(type, uniform(0.5, 1.5)) : 0;
    const size_t dy_step = op == CK_ROWS_PRODUCT ? 0 : columns;
    numbers(type, ORDINARY, y, n);
    for (size_t j = 0; j < columns; j++)
      for (size_t k = 0; k < rows; k++) {
        double sum = 0, size = 0;
        for (size_t i = op == CK_ROWS_PRODUCT ? rows - 1 : k; i < rows; i++) {
          double term = y[i * dy_step + j];
          for (size_t m = 0; m <= i; m++) term *= m == k ? 1 : x[m * columns + j];
          sum += term, size += fabs(term);
        }
        expected[k * columns + j] = sum, floors[k * columns + j] = size;
      }
    EACH_PLACEMENT {
      start_case("gradient of products %d, %s, %zu x %zu", op, name_of(type), rows, columns);
      const void *dy = placed(type, y, op == CK_ROWS_PRODUCT ? columns : n, 1);
      const void *in = placed(type, x, n, 1);
      void *dx = blank(type, n);
      double *scratch = blank(CK_F64, CK_STRIP * rows);
      if (RUN(USE(ck_columns_grad(table, op, type))(dy, dy_step, in, dx, rows, columns, scratch)))
        expect(type, dx, expected, floors, n, 64);
    }
  }
}

// --- Normalization -------------------------------------------------------------------------------

static void test_norm(ck_dtype type, size_t rows, size_t columns) {
  const size_t n = rows * columns;
  static double dweight[4096], dbias[4096], weight_floors[4096], bias_floors[4096], output[MOST];
  for (int form = 0; form < 8; form++) {
    const int centered = form & 1, has_bias = form >> 1 & 1, is_shared = form >> 2;
    const double epsilon = 1e-5;
    numbers(type, ORDINARY, x, n), numbers(type, ORDINARY, y, n);
    numbers(type, ORDINARY, weights, columns), numbers(type, ORDINARY, shifts, columns);
    for (size_t j = 0; j < columns; j++)
      dweight[j] = dbias[j] = 1, weight_floors[j] = bias_floors[j] = 1;
    for (size_t i = 0; i < rows; i++) {
      double mean = 0, variance = 0, sum = 0, products = 0;
      const double *in = x + i * columns, *dy = is_shared ? y : y + i * columns;
      for (size_t j = 0; j < columns && centered; j++) mean += in[j] / (double)columns;
      for (size_t j = 0; j < columns; j++)
        variance += (in[j] - mean) * (in[j] - mean) / (double)columns;
      const double scale = 1 / sqrt(variance + epsilon);
      for (size_t j = 0; j < columns; j++) {
        const double normal = (in[j] - mean) * scale, d = dy[j] * weights[j];
        output[i * columns + j] = normal * weights[j] + (has_bias ? shifts[j] : 0);
        z[i * columns + j] = (4 + fabs(mean)) * scale * fabs(weights[j]) + fabs(shifts[j]);
        sum += d / (double)columns, products += d * normal / (double)columns;
        dweight[j] += dy[j] * normal, dbias[j] += dy[j];
        weight_floors[j] += fabs(dy[j]) * (4 + fabs(mean)) * scale, bias_floors[j] += fabs(dy[j]);
      }
      for (size_t j = 0; j < columns; j++) {
        const double normal = (in[j] - mean) * scale, d = dy[j] * weights[j];
        expected[i * columns + j] = scale * (d - (centered ? sum : 0) - normal * products);
        floors[i * columns + j] = scale * (16 + 16 * scale * scale) * (1 + fabs(normal));
      }
    }
    EACH_PLACEMENT {
      start_case("norm %s, %zu x %zu, form %d", name_of(type), rows, columns, form);
      const void *in = placed(type, x, n, 1), *weight = placed(type, weights, columns, 1);
      const void *bias = has_bias ? placed(type, shifts, columns, 1) : NULL;
      void *out = blank(type, n);
      if (RUN(USE(ck_norm(table, type))(in, weight, bias, out, rows, columns, centered, epsilon)))
        expect(type, out, output, z, n, 16);
      start_case("gradient of norm %s, %zu x %zu, form %d", name_of(type), rows, columns, form);
      const void *dy = placed(type, y, is_shared ? columns : n, 1);
      in = placed(type, x, n, 1), weight = placed(type, weights, columns, 1);
      void *dx = blank(type, n), *slopes = blank(type, columns);
      void *biases = has_bias ? blank(type, columns) : NULL;
      // Added to what is there.
      for (size_t j = 0; j < columns; j++) {
        set_element(type, slopes, (ptrdiff_t)j, 1);
        if (has_bias) set_element(type, biases, (ptrdiff_t)j, 1);
      }
      if (!RUN(USE(ck_norm_grad(table, type))(
            dy, is_shared ? 0 : columns, in, weight, dx, slopes, biases, rows, columns, centered,
            epsilon)))
        continue;
      expect(type, dx, expected, floors, n, 64);
      expect(type, slopes, dweight, weight_floors, columns, 64);
      if (has_bias) expect(type, biases, dbias, bias_floors, columns, 64);
    }
  }
}

static void test_groups(ck_dtype type, size_t rows, size_t columns) {
  const size_t n = rows * columns;
  static double centers[4096], scales[4096], slopes[4096], sums[8192], products[8192], sizes[8192];
  for (int by_columns = 0; by_columns < 2; by_columns++) {
    const ck_groups *g = ck_groups_for(table, type, by_columns);
    const size_t groups = by_columns ? columns : rows;
    numbers(type, ORDINARY, x, n), numbers(type, ORDINARY, y, n);
    numbers(type, ORDINARY, centers, groups), numbers(type, ORDINARY, scales, groups);
    numbers(type, ORDINARY, slopes, groups), numbers(type, ORDINARY, shifts, groups);
    memset(sums, 0, sizeof sums), memset(products, 0, sizeof products),
      memset(sizes, 0, sizeof sizes);
    for (size_t i = 0; i < n; i++) {
      const size_t k = by_columns ? i % columns : i / columns;
      const double d = x[i] - centers[k];
      sums[2 * k] += d, sums[2 * k + 1] += d * d;
      products[2 * k] += y[i], products[2 * k + 1] += y[i] * d;
      sizes[2 * k] += 64, sizes[2 * k + 1] += 64;
    }
#define OPERANDS                                                                                   \
  const void *in = placed(type, x, n, 1), *dy = placed(type, y, n, 1);                             \
  const void *center = placed(type, centers, groups, 1), *scale = placed(type, scales, groups, 1); \
  const void *slope = placed(type, slopes, groups, 1), *shift = placed(type, shifts, groups, 1)
    for (size_t i = 0; i < n; i++) {
      const size_t k = by_columns ? i % columns : i / columns;
      const double d = x[i] - centers[k];
      expected[i] = d * scales[k] + shifts[k], floors[i] = 40;
      z[i] = y[i] * scales[k] + d * slopes[k] + shifts[k];
    }
#define GROUP_CASE(what)                                                                           \
  start_case(                                                                                      \
    "group " what " %s, %zu x %zu, columns %d", name_of(type), rows, columns, by_columns);         \
  const void *in = placed(type, x, n, 1), *center = placed(type, centers, groups, 1)
#define NEAR_SUMS(sums)                                                                            \
  for (size_t k = 0; k < 2 * groups; k++)                                                          \
    if (fabs(out[k] - sums[k]) > 4 * unit(type, sizes[k]))                                         \
  report("sum %zu is %g, not %g", k, out[k], sums[k])
    EACH_PLACEMENT {
      {
        GROUP_CASE("sums");
        double *out = blank(CK_F64, 2 * groups);
        if (RUN(USE(g->sums)(in, center, out, rows, columns))) NEAR_SUMS(sums);
      }
      {
        GROUP_CASE("products");
        const void *dy = placed(type, y, n, 1);
        double *out = blank(CK_F64, 2 * groups);
        if (RUN(USE(g->products)(dy, in, center, out, rows, columns))) NEAR_SUMS(products);
      }
      {
        GROUP_CASE("map");
        const void *scale = placed(type, scales, groups, 1),
                   *shift = placed(type, shifts, groups, 1);
        void *out = blank(type, n);
        if (RUN(USE(g->map)(in, center, scale, shift, out, rows, columns)))
          expect(type, out, expected, floors, n, 2);
      }
      if (!by_columns) {
        // Two samples of each row: its first elements, and its last ones.
        const size_t length = (columns + 3) / 4;
        const ptrdiff_t starts[] = {0, (ptrdiff_t)(columns - length)};
        static double picked[4096], picked_sizes[4096];
        for (size_t k = 0; k < rows; k++) {
          picked[k] = 0, picked_sizes[k] = 16 * (double)length;
          for (size_t i = 0; i < 2 * length; i++)
            picked[k] += x[k * columns + (size_t)starts[i / length] + i % length];
        }
        GROUP_CASE("samples");
        void *out = blank(type, rows);
        (void)center;
        if (RUN(USE(g->sample_sums)(in, (ptrdiff_t)columns, rows, starts, 2, length, out)))
          expect(type, out, picked, picked_sizes, rows, 4);
      }
      GROUP_CASE("gradient");
      const void *dy = placed(type, y, n, 1), *scale = placed(type, scales, groups, 1);
      const void *slope = placed(type, slopes, groups, 1), *shift = placed(type, shifts, groups, 1);
      void *dx = blank(type, n);
      if (RUN(USE(g->gradient)(dy, in, center, scale, slope, shift, dx, rows, columns)))
        expect(type, dx, z, floors, n, 4);
    }
  }
#undef GROUP_CASE
#undef NEAR_SUMS
}

static void test_cross_entropy(ck_dtype type, size_t rows, size_t columns) {
  const size_t n = rows * columns;
  static double labels[4096], losses[4096];
  for (int smooth = 0; smooth < 2; smooth++) {
    const double smoothing = smooth ? 0.1 : 0;
    numbers(type, ORDINARY, x, n), numbers(type, ORDINARY, y, rows);
    for (size_t i = 0; i < rows; i++) {
      const double *in = x + i * columns;
      const long double total = log_sum(in, columns, 1);
      labels[i] = (double)below(columns);
      double mean = 0;
      for (size_t j = 0; j < columns; j++) mean += in[j] / (double)columns;
      losses[i] = (double)(total - (1 - smoothing) * in[(size_t)labels[i]] - smoothing * mean);
      weights[i] = 16;
      for (size_t j = 0; j < columns; j++) {
        const double target =
          (j == (size_t)labels[i] ? 1 - smoothing : 0) + smoothing / (double)columns;
        expected[i * columns + j] = y[i] * (double)(expl(in[j] - total) - target),
                               floors[i * columns + j] = fabs(y[i]);
      }
    }
    EACH_PLACEMENT {
      start_case(
        "cross-entropy %s, %zu x %zu, smoothing %g", name_of(type), rows, columns, smoothing);
      const void *in = placed(type, x, n, 1);
      const int32_t *label = placed(CK_I32, labels, rows, 1);
      void *out = blank(type, rows);
      if (RUN(USE(ck_cross_entropy(table, type))(in, label, out, rows, columns, smoothing)))
        expect(type, out, losses, weights, rows, 4);
      start_case(
        "gradient of cross-entropy %s, %zu x %zu, smoothing %g", name_of(type), rows, columns,
        smoothing);
      const void *dy = placed(type, y, rows, 1);
      in = placed(type, x, n, 1), label = placed(CK_I32, labels, rows, 1);
      void *dx = blank(type, n);
      if (RUN(USE(ck_cross_entropy_grad(table, type))(dy, in, label, dx, rows, columns, smoothing)))
        expect(type, dx, expected, floors, n, 8);
    }
  }
}

void test_rows(void) {
  for (ck_dtype type = CK_F32; type <= CK_F64; type++)
    for (size_t w = 0; w < COUNT(widths); w++)
      for (size_t rows = 1; rows < 80; rows += 1 + rows) {
        test_softmax(type, rows, widths[w]);
        test_variance(type, rows, widths[w]);
        test_product_gradients(type, rows, widths[w]);
        test_norm(type, rows, widths[w]);
        test_groups(type, rows, widths[w]);
        test_cross_entropy(type, rows, widths[w]);
      }
}
