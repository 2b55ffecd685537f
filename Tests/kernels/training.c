// Scans, steps of optimizers and of recurrent layers, against plain loops in double.
#include "harness.h"

static double x[MOST], y[MOST], expected[MOST], floors[MOST];
#define COUNT(array) (sizeof(array) / sizeof *(array))
static const size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130};

// --- Scans ---------------------------------------------------------------------------------------

static double log_add(double one, double other) {
  const double most = one > other ? one : other, least = one > other ? other : one;
  return most == -INFINITY ? most : most + log1p(exp(least - most));
}

void test_scans(void) {
  static double carries[4096], totals[4096];
  for (ck_dtype type = CK_F32; type <= CK_I32; type++)
    for (size_t w = 0; w < COUNT(widths); w++)
      for (size_t rows = 1; rows < 70; rows += 1 + rows / 2)
        for (int reversed = 0; reversed < 2; reversed++) {
          const size_t columns = widths[w], n = rows * columns;
          const ck_dtype kept = type == CK_I32 ? CK_I32 : CK_F64;
          for (ck_scan_op op = 0; op < CK_SCAN_COUNT; op++) {
            ck_scan_fn f = USE(ck_scan(table, op, type));
            if (!f) continue;
            numbers(type, ORDINARY, x, n);
            for (size_t i = 0; i < n && op == CK_SCAN_PRODUCT; i++)
              x[i] = type == CK_I32 ? (below(2) ? -1 : 1) : rounded(type, uniform(0.8, 1.2));
            for (size_t j = 0; j < columns; j++) {
              double total = carries[j] = op == CK_SCAN_SUM ? 2
                : op == CK_SCAN_PRODUCT                     ? 3
                                                            : -1,
                     size = 9;
              for (size_t i = 0; i < rows; i++) {
                const size_t at = (reversed ? rows - 1 - i : i) * columns + j;
                total = op == CK_SCAN_SUM ? total + x[at]
                  : op == CK_SCAN_PRODUCT ? total * x[at]
                                          : log_add(total, x[at]);
                size += fabs(x[at]);
                expected[at] = total, floors[at] = op == CK_SCAN_PRODUCT ? fabs(total) * 40 : size;
              }
              totals[j] = total;
            }
            for (int form = 0; form < 3; form++) EACH_PLACEMENT {
                static const char *const forms[] = {"", ", in place", ", total alone"};
                start_case(
                  "scan %d, %s, %zu x %zu, reversed %d%s", op, name_of(type), rows, columns,
                  reversed, forms[form]);
                void *in = placed(type, x, n, 1), *carry = placed(kept, carries, columns, 1);
                void *out = form == 0 ? blank(type, n) : form == 1 ? in : NULL;
                if (!RUN(f(in, (ptrdiff_t)columns, rows, columns, reversed, carry, out))) continue;
                if (out) expect(type, out, expected, floors, n, 2);
                for (size_t j = 0; j < columns; j++) {
                  const double total = element(kept, carry, (ptrdiff_t)j);
                  if (
                    fabs(total - totals[j]) >
                    (type == CK_I32 ? 0 : unit(type, 2 * floors[j] + 600)))
                    report("total %zu is %g, not %g", j, total, totals[j]);
                }
              }
          }
          if (type == CK_I32) continue;
          for (size_t i = 0; i < n; i++)
            x[i] = rounded(type, uniform(-4, 4)), y[i] = rounded(type, uniform(-1, 1));
          for (size_t j = 0; j < columns; j++) {
            double last = carries[j] = 2, size = 2;
            for (size_t i = 0; i < rows; i++) {
              const size_t at = (reversed ? rows - 1 - i : i) * columns + j;
              expected[at] = last = x[at] + y[at] * last;
              floors[at] = size = fabs(x[at]) + fabs(y[at]) * size;
            }
          }
          EACH_PLACEMENT {
            start_case("recur %s, %zu x %zu, reversed %d", name_of(type), rows, columns, reversed);
            const void *in = placed(type, x, n, 1), *factor = placed(type, y, n, 1);
            double *carry = placed(CK_F64, carries, columns, 1);
            void *out = blank(type, n);
            if (RUN(USE(ck_recur(table, type))(
                  in, factor, (ptrdiff_t)columns, rows, columns, reversed, carry, out)))
              expect(type, out, expected, floors, n, 8);
          }
        }
}

// --- Optimizers ----------------------------------------------------------------------------------

// optimizer.inc once more, for one double at a time: the loops without vectors.
#define INLINE static inline
#define T double
#define V double
#define LANES 1
#define N(name) plain_##name
INLINE double plain_load(const double *p) { return *p; }
INLINE void plain_store(double *p, double v) { *p = v; }
INLINE double plain_load_partial(const double *p, size_t n, double rest) { return n ? *p : rest; }
INLINE void plain_store_partial(double *p, double v, size_t n) {
  if (n) *p = v;
}
INLINE double plain_madd(double a, double b, double c) { return a * b + c; }
INLINE double plain_sqrt(double v) { return sqrt(v); }
#include "../../Sources/CKernels/optimizer.inc"
#undef INLINE
#undef T
#undef V
#undef LANES
#undef N

#define PLAIN_STEP(NAME, name, states) {#name, CK_STEP_##NAME, states, plain_step_##name},
static const struct {
  const char *name;
  ck_step_rule rule;
  int states;
  ck_step_fn plain;
} rules[] = {CK_STEP_ROWS(PLAIN_STEP)};

void test_optimizers(void) {
  static double kept[3][256], p[256], g[256];
  for (ck_dtype type = CK_F32; type <= CK_F64; type++) {
    for (size_t r = 0; r < COUNT(rules); r++)
      for (size_t w = 0; w < COUNT(widths); w++)
        for (int option = 0; option < 4; option++) {
          const size_t n = widths[w];
          numbers(type, ORDINARY, x, n), numbers(type, ORDINARY, y, n);
          double states[3][256];
          for (int s = 0; s < 3; s++)
            for (size_t i = 0; i < n; i++)
              // A mean of squares exceeds the square of the mean.
              states[s][i] = rounded(type, s == 0 ? uniform(16, 32) : uniform(0.5, 2));
          // Each is a number of float32 too.
          const ck_step_settings settings = {
            .grad_scale = 0.5,
            .l2 = 0.0625,
            .shrink = 0.03125,
            .rate = 0.125,
            .beta1 = 0.875,
            .beta2 = 0.75,
            .weight1 = 0.125,
            .weight2 = 0.25,
            .epsilon = 0.0078125,
            .correction = 1.5,
            .extra = 0.25,
            .first = option & 1,
            .option = option >> 1};
          memcpy(p, x, sizeof p), memcpy(g, y, sizeof g), memcpy(kept, states, sizeof kept);
          rules[r].plain(p, g, kept[0], kept[1], kept[2], n, &settings);
          for (size_t i = 0; i < n; i++) floors[i] = 16;
          EACH_PLACEMENT {
            start_case("step of %s, %s, n %zu, option %d", rules[r].name, name_of(type), n, option);
            void *parameter = placed(type, x, n, 1);
            const void *gradient = placed(type, y, n, 1);
            void *state[3] = {0};
            for (int s = 0; s < rules[r].states; s++) state[s] = placed(type, states[s], n, 1);
            if (!RUN(USE(ck_step(table, rules[r].rule, type))(
                  parameter, gradient, state[0], state[1], state[2], n, &settings)))
              continue;
            expect(type, parameter, p, floors, n, 4);
            for (int s = 0; s < rules[r].states; s++) expect(type, state[s], kept[s], floors, n, 4);
          }
        }
    for (size_t w = 0; w < COUNT(widths); w++) {
      const size_t n = widths[w];
      numbers(type, ORDINARY, x, n), numbers(type, ORDINARY, y, n);
      for (size_t i = 0; i < n; i++) expected[i] = 0.75 * x[i] + 0.25 * y[i], floors[i] = 4;
      EACH_PLACEMENT {
        start_case("lookahead %s, n %zu", name_of(type), n);
        void *slow = placed(type, x, n, 1), *fast = placed(type, y, n, 1);
        if (!RUN(USE(ck_lookahead(table, type))(slow, fast, n, 0.25))) continue;
        expect(type, slow, expected, floors, n, 2);
        expect_same(type, fast, slow, n);
      }
    }
  }
  EACH_PLACEMENT {
    start_case("probe");
    float *sink = blank(CK_F32, 16);
    volatile double operations = 0;
    if (RUN(operations = USE(ck_probe(table))(10, sink)) && !(operations > 0))
      report("%g operations", operations);
  }
}

// --- Recurrent layers ----------------------------------------------------------------------------

static double sigmoid(double v) { return 1 / (1 + exp(-v)); }

void test_recurrent(void) {
  static const int gate_count[] = {1, 1, 4, 4}, sum_count[] = {1, 1, 3, 4};
  static double gates[1024], sums[1024], bias[1024], cell[256], state[256];
  static double new_gates[1024], new_cell[256], new_state[256];
  static double dy[256], dh[256], dc[256], slopes[1024], factors[1024], new_dh[256], new_dc[256];
  for (size_t i = 0; i < 1024; i++) floors[i] = 8;
  for (ck_dtype type = CK_F32; type <= CK_F64; type++)
    for (ck_recurrent_unit unit = 0; unit < CK_RECURRENT_COUNT; unit++)
      for (size_t w = 0; w < COUNT(widths); w++)
        for (int keeps = 0; keeps < 2; keeps++) {
          const size_t n = widths[w], all = n * (size_t)gate_count[unit];
          const size_t products = n * (size_t)sum_count[unit];
          const int is_lstm = unit == CK_RECURRENT_LSTM, is_gru = unit == CK_RECURRENT_GRU;
          numbers(type, ORDINARY, gates, all), numbers(type, ORDINARY, sums, products);
          numbers(type, ORDINARY, bias, all), numbers(type, ORDINARY, cell, n);
          numbers(type, ORDINARY, state, n), numbers(type, ORDINARY, dy, n);
          numbers(type, ORDINARY, dh, n), numbers(type, ORDINARY, dc, n);
          memcpy(new_gates, gates, sizeof gates), memcpy(new_cell, cell, sizeof cell);
          for (size_t j = 0; j < n; j++) {
            double s[4];
            for (int k = 0; k < gate_count[unit] && !is_gru; k++)
              s[k] = gates[(size_t)k * n + j] + sums[(size_t)k * n + j] + bias[(size_t)k * n + j];
            double *out = new_gates + j;
            if (is_lstm) {
              out[0] = sigmoid(s[0]), out[n] = sigmoid(s[1]), out[2 * n] = tanh(s[2]),
              out[3 * n] = sigmoid(s[3]);
              new_cell[j] = out[n] * cell[j] + out[0] * out[2 * n];
              new_state[j] = out[3 * n] * tanh(new_cell[j]);
            } else if (is_gru) {
              out[0] = sums[2 * n + j] + bias[j];
              out[n] = sigmoid(gates[n + j] + sums[j] + bias[n + j]);
              out[2 * n] = sigmoid(gates[2 * n + j] + sums[n + j] + bias[2 * n + j]);
              out[3 * n] = tanh(gates[3 * n + j] + bias[3 * n + j] + out[n] * out[0]);
              new_state[j] = out[3 * n] + out[2 * n] * (state[j] - out[3 * n]);
            } else {
              new_state[j] = unit == CK_RECURRENT_TANH ? tanh(s[0]) : s[0] > 0 ? s[0] : 0;
            }
          }
          EACH_PLACEMENT {
            start_case("recurrent %d, %s, n %zu, keeps %d", unit, name_of(type), n, keeps);
            ck_recurrent_step step = {
              .gates = placed(type, gates, all, 1),
              .sums = placed(type, sums, products, 1),
              .bias = placed(type, bias, all, 1),
              .cell = is_lstm ? placed(type, cell, n, 1) : NULL,
              .kept_cell = is_lstm && keeps ? blank(type, n) : NULL,
              .state = placed(type, state, n, 1),
              .output = blank(type, n)};
            if (!RUN(USE(ck_recurrent(table, unit, type))(&step, n))) continue;
            expect(type, step.state, new_state, floors, n, 4);
            expect_same(type, step.output, step.state, n);
            if (is_lstm || is_gru) expect(type, step.gates, new_gates, floors, all, 4);
            if (is_lstm) expect(type, step.cell, new_cell, floors, n, 4);
            if (is_lstm && keeps) expect_same(type, step.kept_cell, step.cell, n);
          }
          // The gradient, from gates as they are after a step.
          for (size_t i = 0; i < all; i++)
            gates[i] = rounded(type, is_lstm || is_gru ? new_gates[i] : new_state[i]);
          for (size_t j = 0; j < n; j++) {
            const double *g = gates + j, d = dy[j] + dh[j], before = state[j];
            double *s = slopes + j;
            new_dh[j] = dh[j], new_dc[j] = dc[j];
            if (is_lstm) {
              const double t = tanh(cell[j]), inner = d * g[3 * n] * (1 - t * t) + dc[j];
              s[0] = inner * g[2 * n] * g[0] * (1 - g[0]),
              s[n] = inner * before * g[n] * (1 - g[n]);
              s[2 * n] = inner * g[0] * (1 - g[2 * n] * g[2 * n]),
                    s[3 * n] = d * t * g[3 * n] * (1 - g[3 * n]);
              new_dc[j] = inner * g[n];
            } else if (is_gru) {
              const double dn = d * (1 - g[2 * n]) * (1 - g[3 * n] * g[3 * n]);
              s[0] = dn * g[n], s[n] = dn * g[0] * g[n] * (1 - g[n]);
              s[2 * n] = d * (before - g[3 * n]) * g[2 * n] * (1 - g[2 * n]), s[3 * n] = dn;
              new_dh[j] = d * g[2 * n];
            } else {
              s[0] = unit == CK_RECURRENT_TANH ? d * (1 - g[0] * g[0]) : g[0] > 0 ? d : 0;
            }
          }
          memcpy(factors, slopes, sizeof slopes);
          for (size_t i = 0; i < all; i++) floors[i] = 64;
          EACH_PLACEMENT {
            start_case("gradient of recurrent %d, %s, n %zu", unit, name_of(type), n);
            ck_recurrent_grad step = {
              .gates = placed(type, gates, all, 1),
              .cell = is_lstm ? placed(type, cell, n, 1) : NULL,
              .before = is_lstm || is_gru ? placed(type, state, n, 1) : NULL,
              .dy = placed(type, dy, n, 1),
              .dh = placed(type, dh, n, 1),
              .dc = is_lstm ? placed(type, dc, n, 1) : NULL,
              .slopes = blank(type, all),
              .factor = blank(type, products)};
            if (!RUN(USE(ck_recurrent_gradient(table, unit, type))(&step, n))) continue;
            expect(type, step.slopes, slopes, floors, all, 4);
            expect(type, step.factor, factors, floors, products, 4);
            if (is_gru) expect(type, step.dh, new_dh, floors, n, 4);
            if (is_lstm) expect(type, step.dc, new_dc, floors, n, 4);
          }
          for (size_t i = 0; i < 1024; i++) floors[i] = 8;
        }
}
