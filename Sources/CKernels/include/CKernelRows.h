// The element-wise operations, one row each. A new loop needs nothing but a row here.
//
// A row gives the enumerator, the name, and an expression for each element type that it supports.
// The expression for float32 and float64 is written on vectors, and the others on scalars; all may
// use the functions of math.inc. The kind of the row determines its columns:
//
//   FLOAT (NAME, name, float)       SIGNED (NAME, name, float, int32)       BOOL (NAME, name, bool)
//   STAGED (NAME, name, stage, float)
//
// A staged row first computes a part of a long expression, for a block of elements, and then the
// whole from that part, s: a processor overlaps more iterations of two short loops than of a long
// one.
//
// The enumerations of CKernels.h, the loops of elementwise.inc and the tables of table.inc are all
// generated from these lists.
#ifndef CK_ROWS_H
#define CK_ROWS_H

// y = f(x)
#define CK_UNARY_ROWS(FLOAT, SIGNED, BOOL, STAGED)                                                 \
  SIGNED(NEG, neg, -x, (int32_t)(0u - (uint32_t)x))                                                \
  SIGNED(ABS, abs, v_abs(x), x < 0 ? (int32_t)(0u - (uint32_t)x) : x)                              \
  SIGNED(SIGN, sign, v_sign(x), (x > 0) - (x < 0))                                                 \
  SIGNED(SQUARE, square, x *x, (int32_t)((uint32_t)x * (uint32_t)x))                               \
  SIGNED(RELU, relu, v_relu(x), x > 0 ? x : 0)                                                     \
  FLOAT(RECIPROCAL, reciprocal, 1 / x)                                                             \
  FLOAT(SQRT, sqrt, v_sqrt(x))                                                                     \
  FLOAT(RSQRT, rsqrt, 1 / v_sqrt(x))                                                               \
  FLOAT(EXP, exp, v_exp(x))                                                                        \
  FLOAT(EXP2, exp2, v_exp2(x))                                                                     \
  FLOAT(EXPM1, expm1, v_expm1(x))                                                                  \
  FLOAT(LOG, log, v_log(x))                                                                        \
  FLOAT(LOG2, log2, v_log2(x))                                                                     \
  FLOAT(LOG10, log10, v_log10(x))                                                                  \
  FLOAT(LOG1P, log1p, v_log1p(x))                                                                  \
  FLOAT(SIN, sin, v_sin(x))                                                                        \
  FLOAT(COS, cos, v_cos(x))                                                                        \
  FLOAT(TAN, tan, v_tan(x))                                                                        \
  FLOAT(ASIN, asin, v_asin(x))                                                                     \
  FLOAT(ACOS, acos, v_acos(x))                                                                     \
  FLOAT(ATAN, atan, v_atan(x))                                                                     \
  FLOAT(SINH, sinh, v_sinh(x))                                                                     \
  FLOAT(COSH, cosh, v_cosh(x))                                                                     \
  FLOAT(ASINH, asinh, v_asinh(x))                                                                  \
  FLOAT(ACOSH, acosh, v_acosh(x))                                                                  \
  FLOAT(ATANH, atanh, v_atanh(x))                                                                  \
  STAGED(TANH, tanh, v_tanh_stage(x), v_tanh_from(x, s))                                           \
  FLOAT(SIGMOID, sigmoid, v_sigmoid(x))                                                            \
  STAGED(ERF, erf, v_erf_stage(x), v_erf_from(x, s))                                               \
  FLOAT(INVERSE_ERF, inverse_erf, v_inverse_erf(x))                                                \
  FLOAT(LOG_GAMMA, log_gamma, v_log_gamma(x))                                                      \
  FLOAT(DIGAMMA, digamma, v_digamma(x))                                                            \
  FLOAT(TRIGAMMA, trigamma, v_trigamma(x))                                                         \
  FLOAT(GAUSS, gauss, v_gauss(x))                                                                  \
  FLOAT(FLOOR, floor, v_floor(x))                                                                  \
  FLOAT(CEIL, ceil, v_ceil(x))                                                                     \
  FLOAT(ROUND, round, v_round(x))                                                                  \
  STAGED(GELU, gelu, v_gelu_stage(x), v_gelu_from(x, s))                                           \
  FLOAT(GELU_TANH, gelu_tanh, v_gelu_tanh(x))                                                      \
  FLOAT(SILU, silu, v_silu(x))                                                                     \
  STAGED(SOFTPLUS, softplus, v_exp(-v_abs(x)), v_softplus_from(x, s))                              \
  STAGED(LOG_SIGMOID, log_sigmoid, v_exp(-v_abs(x)), -v_softplus_from(-x, s))                      \
  FLOAT(HARD_SIGMOID, hard_sigmoid, v_hard_sigmoid(x))                                             \
  FLOAT(HARD_SWISH, hard_swish, x *v_hard_sigmoid(x))                                              \
  BOOL(NOT, not, !x)

// y = f(a, b); in the gradient rows a is the incoming gradient, b the input x or the output y of
// the operation, whichever the formula is written in.
#define CK_BINARY_ROWS(FLOAT, SIGNED, BOOL, STAGED)                                                \
  SIGNED(ADD, add, a + b, (int32_t)((uint32_t)a + (uint32_t)b))                                    \
  SIGNED(SUB, sub, a - b, (int32_t)((uint32_t)a - (uint32_t)b))                                    \
  SIGNED(MUL, mul, a *b, (int32_t)((uint32_t)a * (uint32_t)b))                                     \
  SIGNED(DIV, div, a / b, i_floor_div(a, b))                                                       \
  SIGNED(REM, rem, v_rem(a, b), i_rem(a, b))                                                       \
  SIGNED(POW, pow, v_pow(a, b), i_pow(a, b))                                                       \
  SIGNED(MAX, max, v_max(a, b), a > b ? a : b)                                                     \
  SIGNED(MIN, min, v_min(a, b), a < b ? a : b)                                                     \
  FLOAT(ATAN2, atan2, v_atan2(a, b))                                                               \
  BOOL(AND, and, a &b)                                                                             \
  BOOL(OR, or, a | b)                                                                              \
  BOOL(XOR, xor, a ^ b)                                                                            \
  FLOAT(EQUALITY, equality, a == b ? (V)(T)1 : (V)(T)0)                                            \
  FLOAT(MAX_SLOPE, max_slope, a < b ? (V)(T)0 : a == b ? (V)(T)0.5 : (V)(T)1)                      \
  FLOAT(SHARE, share, b == 0 ? (V)(T)0 : a * b)                                                    \
  FLOAT(LEAKY_RELU, leaky_relu, a > 0 ? a : a * b)                                                 \
  FLOAT(HUBER, huber, v_huber(a, b))                                                               \
  FLOAT(RELU_GRAD, relu_grad, v_relu_grad(a, b))                                                   \
  FLOAT(TANH_GRAD, tanh_grad, a *((1 - b) * (1 + b)))                                              \
  FLOAT(SIGMOID_GRAD, sigmoid_grad, a *(b * (1 - b)))                                              \
  STAGED(GELU_GRAD, gelu_grad, v_gelu_stage(x), a *v_gelu_slope_from(b, s))                        \
  FLOAT(GELU_TANH_GRAD, gelu_tanh_grad, a *v_gelu_tanh_slope(b))                                   \
  FLOAT(SILU_GRAD, silu_grad, a *v_silu_slope(b))                                                  \
  FLOAT(SOFTPLUS_GRAD, softplus_grad, a *v_sigmoid(b))                                             \
  FLOAT(HARD_SIGMOID_GRAD, hard_sigmoid_grad, v_hard_sigmoid_grad(a, b))                           \
  FLOAT(HARD_SWISH_GRAD, hard_swish_grad, v_hard_swish_grad(a, b))

// y = a op b, as 0 or 1, for every element type. A comparison with NaN is false, except `ne`.
#define CK_COMPARE_ROWS(X)                                                                         \
  X(EQ, eq, a == b)                                                                                \
  X(NE, ne, a != b)                                                                                \
  X(LT, lt, a < b)                                                                                 \
  X(LE, le, a <= b)                                                                                \
  X(GT, gt, a > b)                                                                                 \
  X(GE, ge, a >= b)

// Those of the rows that take less time than to load and store their operands: the links of chains.
#define CK_UNARY_LINKS(ROW)                                                                        \
  ROW(NEG, neg)                                                                                    \
  ROW(ABS, abs)                                                                                    \
  ROW(SIGN, sign)                                                                                  \
  ROW(SQUARE, square)                                                                              \
  ROW(RELU, relu)                                                                                  \
  ROW(RECIPROCAL, reciprocal)                                                                      \
  ROW(SQRT, sqrt)                                                                                  \
  ROW(RSQRT, rsqrt)                                                                                \
  ROW(FLOOR, floor)                                                                                \
  ROW(CEIL, ceil)                                                                                  \
  ROW(ROUND, round)                                                                                \
  ROW(HARD_SIGMOID, hard_sigmoid)                                                                  \
  ROW(HARD_SWISH, hard_swish)
#define CK_BINARY_LINKS(ROW)                                                                       \
  ROW(ADD, add)                                                                                    \
  ROW(SUB, sub)                                                                                    \
  ROW(MUL, mul)                                                                                    \
  ROW(DIV, div)                                                                                    \
  ROW(MAX, max)                                                                                    \
  ROW(MIN, min)                                                                                    \
  ROW(EQUALITY, equality)                                                                          \
  ROW(MAX_SLOPE, max_slope)                                                                        \
  ROW(SHARE, share)                                                                                \
  ROW(LEAKY_RELU, leaky_relu)                                                                      \
  ROW(HUBER, huber)                                                                                \
  ROW(RELU_GRAD, relu_grad)                                                                        \
  ROW(TANH_GRAD, tanh_grad)                                                                        \
  ROW(SIGMOID_GRAD, sigmoid_grad)                                                                  \
  ROW(HARD_SIGMOID_GRAD, hard_sigmoid_grad)                                                        \
  ROW(HARD_SWISH_GRAD, hard_swish_grad)

// The update rules of the optimizers: the enumerator, the name, and the number of state arrays.
#define CK_STEP_ROWS(ROW)                                                                          \
  ROW(SGD, sgd, 0)                                                                                 \
  ROW(MOMENTUM, momentum, 1)                                                                       \
  ROW(ADAGRAD, adagrad, 1)                                                                         \
  ROW(RMSPROP, rmsprop, 1)                                                                         \
  ROW(RMSPROP_CENTERED, rmsprop_centered, 2)                                                       \
  ROW(RMSPROP_MOMENTUM, rmsprop_momentum, 2)                                                       \
  ROW(RMSPROP_CENTERED_MOMENTUM, rmsprop_centered_momentum, 3)                                     \
  ROW(ADADELTA, adadelta, 2)                                                                       \
  ROW(ADAM, adam, 2)                                                                               \
  ROW(AMSGRAD, amsgrad, 3)                                                                         \
  ROW(ADAMAX, adamax, 2)                                                                           \
  ROW(NADAM, nadam, 2)                                                                             \
  ROW(RADAM, radam, 2)                                                                             \
  ROW(LION, lion, 1)                                                                               \
  ROW(SCHEDULE_FREE, schedule_free, 2)                                                             \
  ROW(AVERAGE, average, 0)

#endif
