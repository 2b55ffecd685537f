// Element-wise rows: values against functions of the C library in long double, and the bits of
// strided, cut and in-place runs against those of one contiguous run.
#include "harness.h"

enum { SAMPLES = 3000 };
static double a[SAMPLES], b[SAMPLES], c[SAMPLES], expected[SAMPLES], floors[SAMPLES];
typedef long double wide;
#define PI_L 3.14159265358979323846264338327950288L

// --- Functions of one number ---------------------------------------------------------------------

static wide sigmoid(wide x) {
  wide e = expl(-fabsl(x));
  return (x < 0 ? e : 1) / (1 + e);
}
static wide normal_cdf(wide x) { return 0.5L * erfcl(-x * sqrtl(0.5L)); }
static wide softplus(wide x) { return isnan(x) ? x : (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))); }
static wide hard_sigmoid(wide x) {
  wide y = x / 6 + 0.5L;
  return isnan(x) ? x : y < 0 ? 0 : y > 1 ? 1 : y;
}
static wide gelu_tanh_sigmoid(wide x) {
  if (fabsl(x) > 200) return x > 0 ? 1 : 0;
  return sigmoid(2 * sqrtl(2 / PI_L) * (x + 0.044715L * x * x * x));
}
// By Newton's method; the complement keeps the digits near ±1.
static wide inverse_erf(wide x) {
  wide size = fabsl(x);
  if (!(size < 1)) return size == 1 ? x * INFINITY : NAN;
  if (size < 1e-12L) return x * sqrtl(PI_L) / 2;
  wide w = -logl((1 - size) * (1 + size)), p = 2 / (PI_L * 0.147L) - w / 2;
  wide y = sqrtl(sqrtl(p * p + w / 0.147L) - p);
  for (int i = 0; i < 6; i++) {
    wide excess = size < 0.5L ? erfl(y) - size : (1 - size) - erfcl(y);
    wide step = excess * sqrtl(PI_L) / 2 * expl(y * y);
    y -= step / (1 + y * step);
  }
  return x < 0 ? -y : y;
}
// By the recurrence and the asymptotic series, and by reflection below 0.
static wide digamma(wide x) {
  if (x == -INFINITY || (x <= 0 && x == roundl(x))) return NAN;
  if (x < 0) return digamma(1 - x) - PI_L / tanl(PI_L * (x - roundl(x)));
  wide sum = 0, u;
  for (; x < 40; x++) sum -= 1 / x;
  u = 1 / (x * x);
  return sum + logl(x) - 0.5L / x -
    u * (1.0L / 12 - u * (1.0L / 120 - u * (1.0L / 252 - u * (1.0L / 240 - u / 132))));
}
static wide trigamma(wide x) {
  if (x <= 0 && x == roundl(x)) return x == -INFINITY ? NAN : INFINITY;
  if (x < 0) {
    wide ratio = PI_L / sinl(PI_L * (x - roundl(x)));
    return ratio * ratio - trigamma(1 - x);
  }
  wide sum = 0, u;
  for (; x < 40; x++) sum += 1 / (x * x);
  u = 1 / (x * x);
  return sum + 1 / x + u / 2 +
    u / x * (1.0L / 6 - u * (1.0L / 30 - u * (1.0L / 42 - u * (1.0L / 30 - u * 5 / 66))));
}

#define FUNCTION(name, formula)                                                                    \
  static wide plain_##name(wide x) { return formula; }
// What is rounded correctly is computed as it is: rounded twice, from more digits, it would be off by
// a unit here and there.
#define ROUNDED_FUNCTION(name, formula)                                                            \
  static wide plain_##name(wide number) {                                                          \
    const double x = (double)number;                                                               \
    return formula;                                                                                \
  }
ROUNDED_FUNCTION(square, x *x)
ROUNDED_FUNCTION(reciprocal, 1 / x)
ROUNDED_FUNCTION(sqrt, sqrt(x))
FUNCTION(neg, -x)
FUNCTION(sign, x > 0 ? 1 : x < 0 ? -1 : x)
FUNCTION(relu, x < 0 ? 0 : x)
FUNCTION(rsqrt, 1 / sqrtl(x))
FUNCTION(log_gamma, x == -INFINITY ? INFINITY : lgammal(x))
FUNCTION(gauss, expl(-x *x))
FUNCTION(gelu, x == -INFINITY ? 0 : x * normal_cdf(x))
FUNCTION(gelu_tanh, x == -INFINITY ? 0 : x * gelu_tanh_sigmoid(x))
FUNCTION(silu, x == -INFINITY ? 0 : x * sigmoid(x))
FUNCTION(log_sigmoid, -softplus(-x))
FUNCTION(hard_swish, x *hard_sigmoid(x))

// The bounds are those of the Swift tests, in units in the last place.
static const struct {
  ck_unary_op op;
  wide (*value)(wide);
  double ulps, floor, wide_ulps, wide_floor;
} unary_rows[] = {
  {CK_UNARY_NEG, plain_neg, 0, 0, 0, 0},
  {CK_UNARY_ABS, fabsl, 0, 0, 0, 0},
  {CK_UNARY_SIGN, plain_sign, 0, 0, 0, 0},
  {CK_UNARY_SQUARE, plain_square, 0.5, 0, 0.5, 0},
  {CK_UNARY_RELU, plain_relu, 0, 0, 0, 0},
  {CK_UNARY_RECIPROCAL, plain_reciprocal, 0.5, 0, 0.5, 0},
  {CK_UNARY_SQRT, plain_sqrt, 0.5, 0, 0.5, 0},
  {CK_UNARY_RSQRT, plain_rsqrt, 1.5, 0, 2, 0},
  {CK_UNARY_EXP, expl, 1, 0, 4, 0},
  {CK_UNARY_EXP2, exp2l, 1, 0, 4, 0},
  {CK_UNARY_EXPM1, expm1l, 1.5, 0, 4, 0},
  {CK_UNARY_LOG, logl, 1, 0, 4, 0},
  {CK_UNARY_LOG2, log2l, 2, 0, 4, 0},
  {CK_UNARY_LOG10, log10l, 2, 0, 4, 0},
  {CK_UNARY_LOG1P, log1pl, 1.5, 0, 4, 0},
  {CK_UNARY_SIN, sinl, 2, 0, 4, 0},
  {CK_UNARY_COS, cosl, 2, 0, 4, 0},
  {CK_UNARY_TAN, tanl, 1.5, 0, 4, 0},
  {CK_UNARY_ASIN, asinl, 1, 0, 4, 0},
  {CK_UNARY_ACOS, acosl, 1, 0, 4, 0},
  {CK_UNARY_ATAN, atanl, 1, 0, 4, 0},
  {CK_UNARY_SINH, sinhl, 1, 0, 4, 0},
  {CK_UNARY_COSH, coshl, 1, 0, 4, 0},
  {CK_UNARY_ASINH, asinhl, 2, 0, 4, 0},
  {CK_UNARY_ACOSH, acoshl, 2.1, 0, 4, 0},
  {CK_UNARY_ATANH, atanhl, 2, 0, 4, 0},
  {CK_UNARY_TANH, tanhl, 1.5, 0, 4, 0},
  {CK_UNARY_SIGMOID, sigmoid, 2.1, 0, 4, 0},
  {CK_UNARY_ERF, erfl, 1.5, 0, 4, 0},
  {CK_UNARY_INVERSE_ERF, inverse_erf, 2.5, 0, 8, 0},
  {CK_UNARY_LOG_GAMMA, plain_log_gamma, 0.75, 0, 16, 1},
  {CK_UNARY_DIGAMMA, digamma, 0.75, 0, 32, 1},
  {CK_UNARY_TRIGAMMA, trigamma, 0.75, 0, 16, 0},
  {CK_UNARY_GAUSS, plain_gauss, 2, 0, 4, 0},
  {CK_UNARY_FLOOR, floorl, 0, 0, 0, 0},
  {CK_UNARY_CEIL, ceill, 0, 0, 0, 0},
  {CK_UNARY_ROUND, rintl, 0, 0, 0, 0},
  {CK_UNARY_GELU, plain_gelu, 4, 0, 4, 0x1p-1010},
  {CK_UNARY_GELU_TANH, plain_gelu_tanh, 210, 0x1p-119, 4, 0x1p-1010},
  {CK_UNARY_SILU, plain_silu, 2.5, 0x1p-119, 4, 0x1p-1010},
  {CK_UNARY_SOFTPLUS, softplus, 2, 0, 4, 0},
  {CK_UNARY_LOG_SIGMOID, plain_log_sigmoid, 2, 0, 4, 0},
  {CK_UNARY_HARD_SIGMOID, hard_sigmoid, 2, 0.5, 4, 0.5},
  {CK_UNARY_HARD_SWISH, plain_hard_swish, 3, 0.5, 4, 0.5},
};

// The int32 and bool columns of the rows are expressions of C, so the plain loops are made of them.
#define INLINE static inline
#include "../../Sources/CKernels/math/math_i32.inc"
#undef INLINE
#define NO_ROW(...)
#define UNARY_I32(NAME, name, f, formula)                                                          \
  case CK_UNARY_##NAME: return formula;
#define UNARY_BOOL(NAME, name, formula)                                                            \
  case CK_UNARY_##NAME: return formula;
#define BINARY_I32(NAME, name, f, formula)                                                         \
  case CK_BINARY_##NAME: return formula;
#define BINARY_BOOL(NAME, name, formula)                                                           \
  case CK_BINARY_##NAME: return formula;
static double unary_of_i32(ck_unary_op op, int32_t x) {
  switch (op) { CK_UNARY_ROWS(NO_ROW, UNARY_I32, NO_ROW, NO_ROW) default : return NAN; }
}
static double unary_of_bool(ck_unary_op op, uint8_t x) {
  switch (op) { CK_UNARY_ROWS(NO_ROW, NO_ROW, UNARY_BOOL, NO_ROW) default : return NAN; }
}
static double binary_of_i32(ck_binary_op op, int32_t a, int32_t b) {
  switch (op) { CK_BINARY_ROWS(NO_ROW, BINARY_I32, NO_ROW, NO_ROW) default : return NAN; }
}
static double binary_of_bool(ck_binary_op op, uint8_t a, uint8_t b) {
  switch (op) { CK_BINARY_ROWS(NO_ROW, NO_ROW, BINARY_BOOL, NO_ROW) default : return NAN; }
}
#define COMPARED(NAME, name, formula)                                                              \
  case CK_COMPARE_##NAME: return formula;
static double compared(ck_compare_op op, double a, double b) {
  switch (op) { CK_COMPARE_ROWS(COMPARED) default : return NAN; }
}

static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 131};
static const ptrdiff_t steps[] = {1, 0, 2, 3, -1, -2};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void check_unary(const char *name, ck_unary_fn f, ck_dtype from, ck_dtype to, double ulps) {
  static uint64_t whole[SAMPLES];
  // The whole run has been compared; here are its bits.
  EACH_PLACEMENT {
    start_case("%s, %s", name, name_of(from));
    const void *x = placed(from, a, SAMPLES, 1);
    void *y = blank(to, SAMPLES);
    if (!RUN(f(x, 1, y, SAMPLES))) return;
    expect(to, y, expected, floors, SAMPLES, ulps);
    memcpy(whole, y, SAMPLES * size_of(to));
  }
  for (size_t l = 0; l < COUNT(lengths); l++)
    for (size_t s = 0; s < COUNT(steps); s++) {
      const size_t n = lengths[l], first = below(SAMPLES - 200);
      const ptrdiff_t step = steps[s];
      uint64_t part[200];
      for (size_t i = 0; i < n; i++)
        memcpy(
          (uint8_t *)part + i * size_of(to),
          (uint8_t *)whole + (first + (step ? i : 0)) * size_of(to), size_of(to));
      EACH_PLACEMENT {
        start_case("%s, %s, n %zu, step %td", name, name_of(from), n, step);
        const void *x = placed(from, a + first, n, step);
        void *y = blank(to, n);
        if (RUN(f(x, step, y, n))) expect_same(to, y, part, n);
        if (step != 1 || from != to) continue;
        start_case("%s, %s, n %zu, in place", name, name_of(from), n);
        y = placed(from, a + first, n, 1);
        if (RUN(f(y, 1, y, n))) expect_same(to, y, part, n);
      }
    }
}

static void test_unary(void) {
  for (ck_dtype type = 0; type < CK_DTYPE_COUNT; type++)
    for (ck_unary_op op = 0; op < CK_UNARY_COUNT; op++) {
      ck_unary_fn f = USE(ck_unary(table, op, type));
      if (!f) continue;
      numbers(type, SPECIAL, a, SAMPLES);
      double ulps = 0;
      int is_known = type == CK_I32 || type == CK_BOOL;
      memset(floors, 0, sizeof floors);
      for (size_t r = 0; r < COUNT(unary_rows) && type <= CK_F64; r++)
        if (unary_rows[r].op == op) {
          is_known = 1;
          ulps = type == CK_F32 ? unary_rows[r].ulps : unary_rows[r].wide_ulps;
          for (size_t i = 0; i < SAMPLES; i++) {
            expected[i] = (double)unary_rows[r].value(a[i]);
            floors[i] = type == CK_F32 ? unary_rows[r].floor : unary_rows[r].wide_floor;
          }
        }
      if (!is_known) {
        start_case("%s", ck_unary_name(op));
        report("no plain function to compare with");
        continue;
      }
      for (size_t i = 0; i < SAMPLES && type > CK_F64; i++)
        expected[i] =
          type == CK_I32 ? unary_of_i32(op, (int32_t)a[i]) : unary_of_bool(op, (uint8_t)a[i]);
      check_unary(ck_unary_name(op), f, type, type, ulps);
    }
}

static double saturated(double x) {
  return isnan(x) ? 0 : x >= 2147483647.0 ? INT32_MAX : x <= -2147483648.0 ? INT32_MIN : trunc(x);
}
static void test_conversions(void) {
  memset(floors, 0, sizeof floors);
  for (ck_dtype from = 0; from < CK_DTYPE_COUNT; from++)
    for (ck_dtype to = 0; to < CK_DTYPE_COUNT; to++) {
      numbers(from, SPECIAL, a, SAMPLES);
      for (size_t i = 0; i < SAMPLES; i++)
        expected[i] = to == CK_BOOL ? a[i] != 0 : to == CK_I32 ? saturated(a[i]) : a[i];
      // Rounded to the nearest; what exceeds float32 is infinite.
      for (size_t i = 0; i < SAMPLES && to == CK_F32; i++) expected[i] = (double)(float)a[i];
      char name[40];
      snprintf(name, sizeof name, "convert to %s", name_of(to));
      check_unary(name, USE(ck_convert(table, from, to)), from, to, 0);
    }
}

// --- Functions of two numbers --------------------------------------------------------------------

static wide floor_remainder(wide x, wide y) {
  wide r = fmodl(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
static wide huber(wide d, wide delta) {
  if (isnan(d) || isnan(delta)) return NAN;
  wide near = d > delta ? delta : d < -delta ? -delta : d;
  return 0.5L * near * near + (fabsl(d) - fabsl(near)) * delta;
}
static wide gelu_slope(wide x) {
  return isinf(x) ? x > 0 : normal_cdf(x) + x * expl(-x * x / 2) / sqrtl(2 * PI_L);
}
static wide gelu_tanh_slope(wide x) {
  if (fabsl(x) > 200) return x > 0;
  wide inner = 2 * sqrtl(2 / PI_L) * (1 + 3 * 0.044715L * x * x);
  return gelu_tanh_sigmoid(x) * (1 + x * gelu_tanh_sigmoid(-x) * inner);
}
static wide silu_slope(wide x) { return isinf(x) ? x > 0 : sigmoid(x) * (1 + x * sigmoid(-x)); }
static wide square_in_range(wide y, ck_dtype type) {
  return y * y > (type == CK_F32 ? 0x1.fffffep127L : 0x1.fffffffffffffp1023L) ? INFINITY : y * y;
}

#define LARGER(x, y) ((x) > (y) ? (x) : (y))
// The value of a row, its bound and its floor for a type.
static int plain_binary(
  ck_binary_op op, ck_dtype type, wide x, wide y, double *value, double *ulps, double *floor) {
  const int is_f32 = type == CK_F32;
  const wide tiny = is_f32 ? 0x1p-122L : 0x1p-1010L;
  const double narrow_x = (double)x, narrow_y = (double)y;
  wide f = 0;
  switch (op) {
#define ROW(NAME, formula, bound, least)                                                           \
  case CK_BINARY_##NAME: *value = (double)(formula), *ulps = bound, f = least; break;
    ROW(ADD, narrow_x + narrow_y, 0.5, 0)
    ROW(SUB, narrow_x - narrow_y, 0.5, 0)
    ROW(MUL, narrow_x * narrow_y, 0.5, 0)
    ROW(DIV, narrow_x / narrow_y, 0.5, 0)
    ROW(REM, floor_remainder(x, y), 0.5, isfinite(y) ? fabsl(y) : 0)
    ROW(POW, powl(x, y), is_f32 ? 2 : 8, 0)
    ROW(MAX, isnan(x) || isnan(y) ? NAN : LARGER(x, y), 0.5, 0)
    ROW(MIN, isnan(x) || isnan(y) ? NAN : x < y ? x : y, 0.5, 0)
    ROW(ATAN2, atan2l(x, y), is_f32 ? 1 : 4, 0)
    ROW(EQUALITY, x == y, 0, 0)
    ROW(MAX_SLOPE, x < y ? 0 : x == y ? 0.5 : 1, 0, 0)
    ROW(SHARE, y == 0 ? 0 : narrow_x * narrow_y, 0.5, 0)
    ROW(LEAKY_RELU, x > 0 ? narrow_x : narrow_x * narrow_y, 0.5, 0)
    case CK_BINARY_HUBER: {
      wide near = x > y ? y : x < -y ? -y : x;
      *value = (double)huber(x, y), *ulps = 3;
      f = near * near + (fabsl(x) + fabsl(near)) * fabsl(y);
      break;
    }
      ROW(RELU_GRAD, y <= 0 ? 0 : x, 0, 0)
      ROW(TANH_GRAD, x * ((1 - y) * (1 + y)), 3, fabsl(x) * square_in_range(y, type))
      ROW(SIGMOID_GRAD, x * (y * (1 - y)), 3, fabsl(x) * LARGER(fabsl(y), square_in_range(y, type)))
      ROW(GELU_GRAD, x * gelu_slope(y), 8, fabsl(x) * (y > -3.25 && y < 0 ? 0.25L : tiny))
      ROW(
        GELU_TANH_GRAD, x * gelu_tanh_slope(y), 210,
        fabsl(x) * (y > -1.5 && y < 0 ? 0.25L : 8 * tiny))
      ROW(SILU_GRAD, x * silu_slope(y), is_f32 ? 4 : 8, fabsl(x) / 4)
      ROW(
        SOFTPLUS_GRAD, x * sigmoid(y), is_f32 ? 3 : 8, fabsl(x) * (is_f32 ? 0x1p-126L : 0x1p-1022L))
      ROW(HARD_SIGMOID_GRAD, fabsl(y) < 3 ? x / 6 : 0, 1, 0)
      ROW(HARD_SWISH_GRAD, x * hard_sigmoid(y) + (fabsl(y) < 3 ? x * y / 6 : 0), 4, fabsl(x))
#undef ROW
    default: return 0;
  }
  *floor = (double)f;
  return 1;
}

static const struct {
  ptrdiff_t a, b;
} pairs[] = {{1, 1}, {1, 0}, {0, 1}, {0, 0}, {2, 1}, {1, -1}, {-2, 3}};

static void check_binary(
  const char *name, ck_binary_fn f, ck_dtype type, ck_dtype to, double ulps) {
  static uint64_t whole[SAMPLES];
  EACH_PLACEMENT {
    start_case("%s, %s", name, name_of(type));
    const void *x = placed(type, a, SAMPLES, 1), *y = placed(type, b, SAMPLES, 1);
    void *out = blank(to, SAMPLES);
    if (!RUN(f(x, 1, y, 1, out, SAMPLES))) return;
    expect(to, out, expected, floors, SAMPLES, ulps);
    memcpy(whole, out, SAMPLES * size_of(to));
  }
  for (size_t l = 0; l < COUNT(lengths); l++)
    for (size_t s = 0; s < COUNT(pairs); s++) {
      const size_t n = lengths[l], first = below(SAMPLES - 200);
      const ptrdiff_t sa = pairs[s].a, sb = pairs[s].b;
      // One number for the whole run stands for as many equal ones.
      double left[200], right[200];
      for (size_t i = 0; i < n; i++)
        left[i] = a[first + (sa ? i : 0)], right[i] = b[first + (sb ? i : 0)];
      uint64_t part[200];
      memcpy(part, (uint8_t *)whole + first * size_of(to), n * size_of(to));
      EACH_PLACEMENT {
        start_case("%s, %s, n %zu, steps %td, %td", name, name_of(type), n, sa, sb);
        if (!(sa && sb)) {
          const void *x = placed(type, left, n, 1), *y = placed(type, right, n, 1);
          if (!RUN(f(x, 1, y, 1, part, n))) continue;
        }
        const void *x = placed(type, left, n, sa), *y = placed(type, right, n, sb);
        void *out = blank(to, n);
        if (RUN(f(x, sa, y, sb, out, n))) expect_same(to, out, part, n);
        if (sa != 1 || sb != 1 || type != to) continue;
        start_case("%s, %s, n %zu, in place of the first", name, name_of(type), n);
        out = placed(type, left, n, 1), y = placed(type, right, n, 1);
        if (RUN(f(out, 1, y, 1, out, n))) expect_same(to, out, part, n);
        start_case("%s, %s, n %zu, in place of the second", name, name_of(type), n);
        x = placed(type, left, n, 1), out = placed(type, right, n, 1);
        if (RUN(f(x, 1, out, 1, out, n))) expect_same(to, out, part, n);
      }
    }
}

// Rows must be what the kernel of one run computes of each.
static void check_rows(const char *name, ck_binary_fn f, ck_binary_rows_fn rows, ck_dtype type) {
  enum { ROWS = 3, LONGEST = 70 };
  for (size_t l = 0; l < COUNT(lengths); l++)
    for (int form = 0; form < 5; form++) {
      const size_t n = lengths[l] < LONGEST ? lengths[l] : LONGEST;
      if (n == 0) continue;
      const size_t first = below(SAMPLES - ROWS * LONGEST), size = size_of(type);
      // One operand has rows, which are the same or not; the other has rows, or a number for each.
      const int swapped = form % 2, has_rows = form >= 3, is_same = form == 2 || form == 4;
      const ptrdiff_t row_b = is_same ? 0 : has_rows ? (ptrdiff_t)n : 1, sb = has_rows;
      const size_t count_b = (is_same ? 1 : ROWS) * (has_rows ? n : 1);
      uint64_t part[ROWS * LONGEST];
      EACH_PLACEMENT {
        start_case("rows of %s, %s, n %zu, form %d", name, name_of(type), n, form);
        const uint8_t *x = placed(type, a + first, ROWS * n, 1);
        const uint8_t *y = placed(type, b + first, count_b, 1);
        for (size_t r = 0; r < ROWS; r++) {
          const void *row = x + r * n * size, *other = y + (ptrdiff_t)r * row_b * (ptrdiff_t)size;
          uint8_t *to = (uint8_t *)part + r * n * size;
          swapped ? f(other, sb, row, 1, to, n) : f(row, 1, other, sb, to, n);
        }
        uint8_t *out = blank(type, ROWS * n);
        const ptrdiff_t row_a = (ptrdiff_t)n;
        if (RUN(
              swapped ? rows(ROWS, y, row_b, sb, x, row_a, 1, out, n)
                      : rows(ROWS, x, row_a, 1, y, row_b, sb, out, n)))
          expect_same(type, out, part, ROWS * n);
        out = placed(type, a + first, ROWS * n, 1);
        if (RUN(
              swapped ? rows(ROWS, y, row_b, sb, out, row_a, 1, out, n)
                      : rows(ROWS, out, row_a, 1, y, row_b, sb, out, n)))
          expect_same(type, out, part, ROWS * n);
      }
    }
}

// All pairs of special numbers, and pairs of random ones.
static void fill_pairs(ck_dtype type) {
  enum { SPECIALS = 29 };
  numbers(type, SPECIAL, a, SAMPLES);
  numbers(type, SPECIAL, b, SAMPLES);
  double special[SPECIALS];
  memcpy(special, a, sizeof special);
  for (size_t i = 0; i < SPECIALS * SPECIALS; i++)
    a[i] = special[i / SPECIALS], b[i] = special[i % SPECIALS];
}

static void test_binary(void) {
  for (ck_dtype type = 0; type < CK_DTYPE_COUNT; type++) {
    for (ck_binary_op op = 0; op < CK_BINARY_COUNT; op++) {
      ck_binary_fn f = USE(ck_binary(table, op, type));
      if (!f) continue;
      fill_pairs(type);
      double ulps = 0;
      memset(floors, 0, sizeof floors);
      for (size_t i = 0; i < SAMPLES; i++)
        if (type == CK_I32)
          expected[i] = binary_of_i32(op, (int32_t)a[i], (int32_t)b[i]);
        else if (type == CK_BOOL)
          expected[i] = binary_of_bool(op, (uint8_t)a[i], (uint8_t)b[i]);
        else if (!plain_binary(op, type, a[i], b[i], &expected[i], &ulps, &floors[i])) {
          start_case("%s", ck_binary_name(op));
          report("no plain function to compare with");
          break;
        }
      check_binary(ck_binary_name(op), f, type, type, ulps);
      ck_binary_rows_fn rows = USE(ck_binary_rows(table, ck_binary_link(op), type));
      if (rows) check_rows(ck_binary_name(op), f, rows, type);
    }
    for (ck_compare_op op = 0; op < CK_COMPARE_COUNT; op++) {
      fill_pairs(type);
      memset(floors, 0, sizeof floors);
      for (size_t i = 0; i < SAMPLES; i++) expected[i] = compared(op, a[i], b[i]);
      check_binary(ck_compare_name(op), USE(ck_compare(table, op, type)), type, CK_BOOL, 0);
    }
  }
}

// NaN with any payload gives what the common one gives, NaN nearly always.
static void test_nan_payloads(void) {
  static const uint32_t singles[] = {0x7fc00000, 0x7f800001, 0xff800001, 0x7fa00000,
                                     0x7fffffff, 0xffc00001, 0x7f80ffff};
  static const uint64_t doubles[] = {0x7ff8000000000000, 0x7ff0000000000001, 0xfff0000000000001,
                                     0x7ff0000080000000, 0x7fffffffffffffff, 0xfff8000000000001,
                                     0x7ff00000ffffffff};
  enum { PAYLOADS = COUNT(singles), N = 3 * PAYLOADS };
  for (ck_dtype type = CK_F32; type <= CK_F64; type++)
    for (int op = 0; op < CK_UNARY_COUNT + CK_BINARY_COUNT; op++)
      for (int side = 0; side < 2; side++) {
        const int is_unary = op < CK_UNARY_COUNT;
        const ck_binary_op binary = (ck_binary_op)(op - CK_UNARY_COUNT);
        ck_unary_fn f = is_unary ? ck_unary(table, (ck_unary_op)op, type) : NULL;
        ck_binary_fn g = is_unary ? NULL : ck_binary(table, binary, type);
        if ((!f && !g) || (is_unary && side)) continue;
        EACH_PLACEMENT {
          start_case(
            "%s, %s, payloads of NaN, side %d",
            is_unary ? ck_unary_name((ck_unary_op)op) : ck_binary_name(binary), name_of(type),
            side);
          uint8_t *nan = operand(N * size_of(type));
          for (size_t i = 0; i < N; i++)
            if (type == CK_F32)
              memcpy(nan + i * 4, &singles[i % PAYLOADS], 4);
            else
              memcpy(nan + i * 8, &doubles[i % PAYLOADS], 8);
          const double half = 0.5;
          const void *other = placed(type, &half, 1, 1);
          void *y = blank(type, N);
          const int is_run = is_unary ? RUN(f(nan, 1, y, N))
            : side                    ? RUN(g(other, 0, nan, 1, y, N))
                                      : RUN(g(nan, 1, other, 0, y, N));
          for (size_t i = 1; i < N && is_run; i++)
            if (isnan(element(type, y, (ptrdiff_t)i)) != isnan(element(type, y, 0)))
              report("payload %zu gives %g", i % PAYLOADS, element(type, y, (ptrdiff_t)i));
        }
      }
}

static void test_select(void) {
  for (ck_dtype type = 0; type < CK_DTYPE_COUNT; type++) {
    ck_select_fn f = USE(ck_select(table, type));
    for (size_t l = 0; l < COUNT(lengths); l++)
      for (ptrdiff_t sc = -1; sc <= 2; sc++)
        for (size_t s = 0; s < COUNT(pairs); s++) {
          const size_t n = lengths[l];
          const ptrdiff_t sa = pairs[s].a, sb = pairs[s].b;
          numbers(type, SPECIAL, a, n + 1), numbers(type, SPECIAL, b, n + 1);
          numbers(CK_BOOL, ORDINARY, c, n + 1);
          for (size_t i = 0; i < n; i++)
            expected[i] = c[sc ? i : 0] ? a[sa ? i : 0] : b[sb ? i : 0];
          EACH_PLACEMENT {
            start_case("select, %s, n %zu, steps %td, %td, %td", name_of(type), n, sc, sa, sb);
            const void *condition = placed(CK_BOOL, c, n, sc);
            const void *x = placed(type, a, n, sa), *y = placed(type, b, n, sb);
            void *out = blank(type, n);
            if (RUN(f(condition, sc, x, sa, y, sb, out, n))) expect(type, out, expected, 0, n, 0);
          }
        }
  }
}

void test_elementwise(void) {
  test_unary();
  test_conversions();
  test_binary();
  test_nan_payloads();
  test_select();
}
