// The numeric inner loops of Adjoint: no allocation, no threads, no shapes.
//
// Every loop is built once for each instruction set; `ck_table_for` returns the table of loops for
// one of them. A loop is looked up by operation and element type, and is NULL if the operation is
// not defined for the type (`exp` of int32).
//
// Conventions, unless a declaration says otherwise:
// - strides count elements, may be 0 (one element for the whole run) or negative; the output is
//   contiguous;
// - the output may be exactly one of the inputs, otherwise they do not overlap;
// - pointers need only the alignment of their element;
// - the result for an element does not depend on its position in the run, the stride, or the length
//   of the run, so strided, contiguous and differently cut runs agree bit for bit.
#ifndef CKERNELS_H
#define CKERNELS_H

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Adjoint needs a little-endian processor: it reads and writes files as they are in memory."
#endif

#include <stddef.h>
#include <stdint.h>

#include "CKernelRows.h"

#ifdef __cplusplus
extern "C" {
#endif

// Element types. A bool is a byte that holds 0 or 1.
typedef enum { CK_F32, CK_F64, CK_I32, CK_BOOL, CK_DTYPE_COUNT } ck_dtype;

// Instruction sets in ascending order. The baseline is NEON on arm64 and SSE2 on x86-64.
typedef enum { CK_ISA_BASELINE, CK_ISA_AVX2, CK_ISA_AVX512, CK_ISA_COUNT } ck_isa;

#define CK_ENUMERATOR(NAME, ...) CK_UNARY_##NAME,
typedef enum {
  CK_UNARY_ROWS(CK_ENUMERATOR, CK_ENUMERATOR, CK_ENUMERATOR, CK_ENUMERATOR) CK_UNARY_COUNT
} ck_unary_op;
#undef CK_ENUMERATOR
#define CK_ENUMERATOR(NAME, ...) CK_BINARY_##NAME,
typedef enum {
  CK_BINARY_ROWS(CK_ENUMERATOR, CK_ENUMERATOR, CK_ENUMERATOR, CK_ENUMERATOR) CK_BINARY_COUNT
} ck_binary_op;
#undef CK_ENUMERATOR
#define CK_ENUMERATOR(NAME, ...) CK_COMPARE_##NAME,
typedef enum { CK_COMPARE_ROWS(CK_ENUMERATOR) CK_COMPARE_COUNT } ck_compare_op;
#undef CK_ENUMERATOR

// For no elements, sum gives 0, prod 1, max the lowest value and min the highest. max and min
// propagate NaN. The sum of bools is their count as an int32; max and min of bools are any and all.
typedef enum {
  CK_REDUCE_SUM,
  CK_REDUCE_PROD,
  CK_REDUCE_MAX,
  CK_REDUCE_MIN,
  CK_REDUCE_SUM_SQUARES,
  CK_REDUCE_COUNT
} ck_reduce_op;

typedef enum { CK_ARG_MAX, CK_ARG_MIN, CK_ARG_COUNT } ck_arg_op;
typedef enum {
  CK_ROWS_SOFTMAX,
  CK_ROWS_LOG_SOFTMAX,
  CK_ROWS_VARIANCE,  // of rows alone, biased; one element for each
  CK_ROWS_PRODUCT,  // the gradient alone, like the next
  CK_ROWS_CUMULATIVE_PRODUCT,
  CK_ROWS_COUNT
} ck_rows_op;

// --- Element-wise --------------------------------------------------------------------------------

// y[i] = f(x[i*sx])
typedef void (*ck_unary_fn)(const void *x, ptrdiff_t sx, void *y, size_t n);
// Converts: float to integer truncates toward zero and saturates, with NaN giving 0; bool is x !=
// 0; from a type to itself copies.
typedef ck_unary_fn ck_convert_fn;
// y[i] = f(a[i*sa], b[i*sb]); comparisons write bools.
typedef void (*ck_binary_fn)(
  const void *a, ptrdiff_t sa, const void *b, ptrdiff_t sb, void *y, size_t n);
// y[r*n + i] = f(a[r*row_a + i*sa], b[r*row_b + i*sb]) for i < n, where a step is 1, or 0 for one
// of the operands. y may be a or b if it has the same rows.
typedef void (*ck_binary_rows_fn)(
  size_t rows, const void *a, ptrdiff_t row_a, ptrdiff_t sa, const void *b, ptrdiff_t row_b,
  ptrdiff_t sb, void *y, size_t n);
// y[i] = c[i*sc] ? a[i*sa] : b[i*sb]
typedef void (*ck_select_fn)(
  const uint8_t *c, ptrdiff_t sc, const void *a, ptrdiff_t sa, const void *b, ptrdiff_t sb, void *y,
  size_t n);

// A step of a chain of operations on the elements of one run: with a value v for each element,
// v = x[i], x[i] = v, v = f(v), v = f(v, x[i]), or v = f(x[i], v) for the enumerators that end in
// BACK. The operand x has the step 1, or 0 for one number and where a link has no operand.
#define CK_UNARY_ENUMERATOR(NAME, name) CK_LINK_##NAME,
#define CK_BINARY_ENUMERATOR(NAME, name) CK_LINK_##NAME, CK_LINK_##NAME##_BACK,
typedef enum {
  CK_LINK_NONE,
  CK_LINK_LOAD,
  CK_LINK_STORE,
  CK_UNARY_LINKS(CK_UNARY_ENUMERATOR) CK_BINARY_LINKS(CK_BINARY_ENUMERATOR) CK_LINK_COUNT
} ck_link_op;
#undef CK_UNARY_ENUMERATOR
#undef CK_BINARY_ENUMERATOR
typedef struct {
  void *x;
  int32_t op, step;
} ck_link;
enum { CK_CHAIN_LINKS = 96 };
// Runs a chain of at most CK_CHAIN_LINKS for n elements. Operands of step 1 are the same memory or
// do not overlap.
typedef void (*ck_chain_fn)(const ck_link *links, size_t count, size_t n);

// --- Moving --------------------------------------------------------------------------------------

// dst[j*dst_row_stride + i] = src[i*src_row_stride + j] for i < rows, j < cols
typedef void (*ck_transpose_fn)(
  const void *src, ptrdiff_t src_row_stride, void *dst, ptrdiff_t dst_row_stride, size_t rows,
  size_t cols);
// y[i*sy] = x[i*sx]
typedef void (*ck_copy_fn)(const void *x, ptrdiff_t sx, void *y, ptrdiff_t sy, size_t n);
// A level of nested loops: its size and the strides in the source and in the target.
typedef struct {
  size_t size;
  ptrdiff_t from, to;
} ck_level;
enum { CK_MAX_LEVELS = 8 };
// y = x at all indices of the levels, of which the last is the innermost. Planes of the last two
// levels in which one of the strides of each memory is 1 are the fast ones.
typedef void (*ck_move_fn)(const ck_level *levels, size_t depth, const void *x, void *y);
// y[i] = start + (first + i) step, computed in double; n < 2³¹
typedef void (*ck_ramp_fn)(double start, double step, double first, void *y, size_t n);

// --- Indexing ------------------------------------------------------------------------------------

// Rows of a tensor of shape [blocks, length, inner] that belong to positions along the middle axis
// of one of shape [blocks, size, inner]. The position for an element is
// index[block*block_step + row*row_step + column*column_step]; column_step is 0 or 1.
typedef struct {
  const int32_t *index;
  size_t length, size, inner;
  size_t block_step, row_step, column_step;
} ck_indexing;

// y = x at the positions, for the rows from first_row up to end_row of all blocks together
typedef void (*ck_take_fn)(
  const ck_indexing *s, const void *x, void *y, size_t first_row, size_t end_row);
// y at the positions = x, or += x, in the order of the rows, for some columns of a block
typedef void (*ck_put_fn)(
  const ck_indexing *s, const void *x, void *y, size_t block, size_t from_column, size_t to_column);

// Returns the index of the first position that is not from 0 up to size, or n.
size_t ck_first_outside(const int32_t *positions, size_t n, int32_t size);
// Returns the number of bytes that are 1 among n that are 0 or 1.
size_t ck_count_true(const uint8_t *mask, size_t n);
// Writes first + i for each i with mask[i], of which there are count.
void ck_true_positions(const uint8_t *mask, int32_t first, size_t count, int32_t *positions);
// counts[x[i]] += 1
void ck_count_bins(const int32_t *x, size_t n, int32_t *counts);

// Two positions along the middle axis of [blocks, size, inner] for each of the `length` positions
// of [blocks, length, inner], and their weights, of the element type. Without upper positions, the
// weights are 1.
typedef struct {
  const int32_t *lower, *upper;
  const void *low_weights, *high_weights;
  size_t length, size, inner;
} ck_blending;
// y = x at the lower positions times their weights + x at the upper ones times theirs; or the
// transpose, which adds elements of x, of the longer axis, to y at the positions, in order.
typedef void (*ck_blend_fn)(
  const ck_blending *s, const void *x, void *y, size_t first_block, size_t end_block);

// --- Reductions ----------------------------------------------------------------------------------

// out[i] = the reduction of row i of n elements, the rows one after another, for i < rows
typedef void (*ck_reduce_fn)(const void *x, size_t rows, size_t n, void *out);
// The same sum of a row block by block, for elements that are computed so: adds a block of at most
// CK_SUM_BLOCK elements to the sums of the lanes, at most CK_SUM_LANES, and gives their sum.
enum { CK_SUM_BLOCK = 1024, CK_SUM_LANES = 16 };
typedef void (*ck_sum_block_fn)(const void *x, size_t n, double *lanes);
typedef void (*ck_sum_lanes_fn)(const double *lanes, void *out);
// out[j] = the reduction of x[i*row_stride + j] over i < rows, for j < cols
typedef void (*ck_reduce_rows_fn)(
  const void *x, ptrdiff_t row_stride, size_t rows, size_t cols, void *out);
// out[i] = the first index of the extreme of row i, for i < rows; NaN counts as the extreme, as in
// PyTorch. n > 0.
typedef void (*ck_arg_reduce_fn)(const void *x, size_t rows, size_t n, int32_t *out);
// out[j] = the first i < rows of the extreme of x[i*row_stride + j], for j < cols; rows > 0
typedef void (*ck_arg_rows_fn)(
  const void *x, ptrdiff_t row_stride, size_t rows, size_t cols, int32_t *out);

// --- Sorting -------------------------------------------------------------------------------------

// Elements are ordered by integer keys, with NaN as the greatest and both zeros equal. A rank is an
// int64 of a key, or the upper half of one, and the position of its element; sorting ranks is
// stable. Orders are int32 positions.
//
// The first three functions work on contiguous rows. The others are the parts of sorting one row,
// for pieces of it on several threads.
typedef struct {
  size_t key_size;
  // scratch: 2*n keys
  void (*sort)(
    const void *x, size_t rows, size_t n, int32_t descending, void *scratch, void *sorted);
  // scratch: 2*n ranks
  void (*argsort)(
    const void *x, size_t rows, size_t n, int32_t descending, void *scratch, int32_t *order);
  // The first `count` <= n positions of the order. scratch: 2*count ranks and 2*ck_top_capacity
  // keys
  void (*top)(
    const void *x, size_t rows, size_t n, size_t count, int32_t descending, void *scratch,
    int32_t *order);

  // Returns whether `restore` is needed.
  int32_t (*write_keys)(const void *x, size_t n, int32_t descending, void *keys);
  // The elements of sorted keys.
  void (*write_values)(const void *keys, size_t n, int32_t descending, void *y);
  // Replaces zeros and NaN, which have no keys of their own, in the sorted elements of x.
  void (*restore)(const void *x, size_t n, void *sorted);
  // The ranks of n elements from `first` on.
  void (*write_ranks)(
    const void *x, size_t first, size_t n, int32_t descending, int64_t *ranks);
  // The positions of n sorted ranks of elements of x. Ranks whose upper halves are those of one key
  // of 64 bits must not be cut apart. Overwrites both arrays of ranks.
  void (*write_order)(
    const void *x, size_t n, int32_t descending, int64_t *ranks, int64_t *scratch, int32_t *order);
  // Writes the keys, or ranks, to y in two parts, of which no key of the first is greater than one
  // of the second. Returns the size of the first part, which is not 0, and sets `is_sorted` if its
  // keys are equal. The pivot is the median of a sample, or the middle of the range.
  size_t (*split_keys)(
    const void *x, void *y, size_t n, int32_t halves_range, int32_t *is_sorted);
  size_t (*split_ranks)(
    const void *x, void *y, size_t n, int32_t halves_range, int32_t *is_sorted);
  // Sorts x, to y if `into_y`, and otherwise in place; y is overwritten.
  void (*sort_keys)(void *x, void *y, size_t n, int32_t into_y);
  void (*sort_ranks)(void *x, void *y, size_t n, int32_t into_y);
  // For each of `count` elements of x the number of sorted, ascending keys below its key, or up to
  // it if `after_equal`.
  void (*search)(
    const void *keys, size_t n, const void *x, size_t count, int32_t after_equal, int32_t *out);
} ck_order;

// The keys that `top` collects before it raises its limit.
static inline size_t ck_top_capacity(size_t n, size_t count) {
  size_t capacity = 2 * count + 1024;
  return n < capacity ? n : capacity;
}

// --- Random numbers ------------------------------------------------------------------------------

// A place in the stream of blocks of Philox4x32-10, four words of 32 bits each.
typedef struct {
  uint64_t key, stream, position;
} ck_random;

typedef enum {
  CK_RANDOM_UNIFORM,      // base + scale · n doubled, n < 2²⁴ or 2⁵³, within `least` and `most`
  CK_RANDOM_NORMAL,       // base + scale · z
  CK_RANDOM_EXPONENTIAL,  // -scale · log u
  CK_RANDOM_TRUNCATED,    // base + scale · the accepted proposal, within `least` and `most`
  CK_RANDOM_DROPOUT,      // x scale + base for elements that are kept, otherwise `least`
  CK_RANDOM_BERNOULLI,    // whether the element is kept
  CK_RANDOM_INTEGERS,     // base + n, n < threshold <= 2³²
  CK_RANDOM_COUNT
} ck_random_op;

typedef enum {
  CK_PROPOSAL_NORMAL,       // a normal number, accepted from `low` to `high`
  CK_PROPOSAL_UNIFORM,      // d = step · n, n < 2²⁴ or 2⁵³
  CK_PROPOSAL_EXPONENTIAL,  // d = -step · log u
} ck_proposal;

typedef struct {
  double base, scale, least, most;
  uint64_t threshold;  // elements are kept with probability threshold / 2³²
  // Proposals; d is accepted up to `high` with probability e^-(d (d/2 + slope) + shift).
  ck_proposal proposal;
  double low, high, step, slope, shift;
} ck_random_settings;

// Fills y with random numbers from the position on; x, which only dropout reads, may be y or NULL.
// 16 blocks give a group of 64 numbers of 32 bits, 32 of 64 bits, half as many truncated ones, and
// 128 bools or elements of dropout. Calls for consecutive parts agree with one for the whole if
// parts start at a group. Every instruction set gives the same bits. Rejected numbers and ties use
// the streams that follow.
typedef void (*ck_random_fn)(
  const ck_random *state, const ck_random_settings *settings, const void *x, void *y, size_t n);

// The parts of shuffling integers of 4 or 8 bytes: they are dealt to 2ᵇⁱᵗˢ piles, bits <= 8, and
// each pile is shuffled. Parts start at multiples of 256 elements, 16 blocks.
typedef struct {
  // Adds to the sizes of the piles.
  void (*count)(const ck_random *state, int32_t bits, size_t n, int64_t *sizes);
  // Deals the integers from `first` on to the places of their piles, which advance.
  void (*deal)(
    const ck_random *state, int32_t bits, size_t first, size_t n, int64_t *places, void *order);
  // n < 2³² (Fisher and Yates)
  void (*shuffle)(const ck_random *state, void *order, size_t n);
} ck_shuffle;

// --- Scans ---------------------------------------------------------------------------------------

typedef enum {
  CK_SCAN_SUM,
  CK_SCAN_PRODUCT,
  CK_SCAN_LOG_SUM_EXP,
  CK_SCAN_COUNT
} ck_scan_op;

// y[i][j] = the sum, product or logarithm of the sum of exponentials of carry[j] and x[0][j], ...,
// x[i][j], or of x[i][j], ... up to the last row if reversed, for i < rows, j < cols. Sums of
// floats are kept in double, and so is `carry`, which is replaced by the total; those of int32 wrap
// around. y has the row stride of x, and may be x; if it is NULL, only the totals are computed.
typedef void (*ck_scan_fn)(
  const void *x, ptrdiff_t row_stride, size_t rows, size_t cols, int32_t reversed, void *carry,
  void *y);
// y[i][j] = x[i][j] + factor[i][j] y[i-1][j], with carry[j] as y of the row before, or likewise
// from the last row up if reversed.
typedef void (*ck_recur_fn)(
  const void *x, const void *factor, ptrdiff_t row_stride, size_t rows, size_t cols,
  int32_t reversed, double *carry, void *y);

// `ck_scan_arg`: out[i*row_stride + j] = the row up to i of the extreme of column j so far; of
// equal elements the last, and of NaN, which counts as the extreme.

// --- Rows and columns: softmax and log-softmax, and the gradients of products --------------------

// Along contiguous rows.
typedef void (*ck_rows_fn)(const void *x, void *y, size_t rows, size_t cols);
// The gradient with respect to x, from the output y. That of row i of the output starts at
// dy[i*dy_step]; a step of 0 means that all rows have the same. dx may be y. That of a variance is
// dy[i*dy_step] (x - mean), from the input in place of y.
typedef void (*ck_rows_grad_fn)(
  const void *dy, size_t dy_step, const void *y, void *dx, size_t rows, size_t cols);
// The same down the columns of a matrix, whose number is a multiple of CK_STRIP.
enum { CK_STRIP = 16 };
typedef ck_rows_fn ck_columns_fn;
// Those of products are computed from the input in place of y, and use `scratch`, CK_STRIP elements
// for each row. That of a product has one row dy.
typedef void (*ck_columns_grad_fn)(
  const void *dy, size_t dy_step, const void *y, void *dx, size_t rows, size_t cols,
  double *scratch);

// --- Rows: normalization and cross-entropy -------------------------------------------------------

// y = (x - mean)/√(variance + ε) · weight + bias along contiguous rows. If not centered, the mean
// is 0 and the variance is the mean square. bias may be NULL.
typedef void (*ck_norm_fn)(
  const void *x, const void *weight, const void *bias, void *y, size_t rows, size_t cols,
  int32_t centered, double epsilon);
// Rows, or columns, that belong to groups, with a center for each of them; see groups.inc.
typedef struct {
  // Σ(x - center) and Σ(x - center)² of each row
  void (*sums)(const void *x, const void *centers, double *sums, size_t rows, size_t cols);
  // y = (x - center) scale + shift
  void (*map)(
    const void *x, const void *centers, const void *scales, const void *shifts, void *y,
    size_t rows, size_t cols);
  // Σ dy and Σ dy (x - center) of each
  void (*products)(
    const void *dy, const void *x, const void *centers, double *sums, size_t rows, size_t cols);
  // dx = dy scale + (x - center) slope + shift
  void (*gradient)(
    const void *dy, const void *x, const void *centers, const void *scales, const void *slopes,
    const void *shifts, void *dx, size_t rows, size_t cols);
  // sums[g] = Σ x over `length` elements from each of the starts on, with x + g*step for group g;
  // for rows alone
  void (*sample_sums)(
    const void *x, ptrdiff_t step, size_t groups, const ptrdiff_t *starts, size_t samples,
    size_t length, void *sums);
} ck_groups;
// The gradients of the norm: sets dx, and adds to dweight and dbias (which may be NULL). The
// gradient of row i starts at dy[i*dy_step].
typedef void (*ck_norm_grad_fn)(
  const void *dy, size_t dy_step, const void *x, const void *weight, void *dx, void *dweight,
  void *dbias, size_t rows, size_t cols, int32_t centered, double epsilon);
// losses[i] = ln Σ e^x[i] - (1 - smoothing) x[i][labels[i]] - smoothing mean x[i]; labels must be
// in range.
typedef void (*ck_cross_entropy_fn)(
  const void *x, const int32_t *labels, void *losses, size_t rows, size_t cols, double smoothing);
typedef void (*ck_cross_entropy_grad_fn)(
  const void *dlosses, const void *x, const int32_t *labels, void *dx, size_t rows, size_t cols,
  double smoothing);

// --- Optimizers: one pass over memory each -------------------------------------------------------

// The settings of a step. The first three apply to every rule of CK_STEP_ROWS; optimizer.inc
// documents the others.
typedef struct {
  double grad_scale;        // multiplies g first, so that clipping needs no pass; 1 for none
  double l2;                // then g += l2 p
  double shrink;            // p -= shrink p, rounded once together with the update
  double rate;              // multiplies the update
  double beta1, beta2;      // the decay rates of the first and second moments
  double weight1, weight2;  // the weights of new values in them
  double epsilon;
  double correction;        // multiplies the square root
  double extra;             // specific to the rule
  int32_t first;            // whether this is the first step
  int32_t option;           // specific to the rule
} ck_step_settings;

typedef enum {
#define ENUMERATOR(NAME, name, states) CK_STEP_##NAME,
  CK_STEP_ROWS(ENUMERATOR)
#undef ENUMERATOR
  CK_STEP_COUNT
} ck_step_rule;

// Updates p and the state arrays of the rule in place; arrays that the rule does not have may be
// NULL.
typedef void (*ck_step_fn)(
  void *p, const void *g, void *first, void *second, void *third, size_t n,
  const ck_step_settings *settings);
// slow = (1-alpha) slow + alpha fast; fast = slow
typedef void (*ck_lookahead_fn)(void *slow, void *fast, size_t n, double alpha);

// Runs multiply-adds of float32 in registers and returns the number of floating-point operations.
typedef double (*ck_probe_fn)(size_t repeats, float *sink);

// --- Windows over images -------------------------------------------------------------------------

// The geometry of windows over images of one size; each pair is for height and width. Element [ky,
// kx] of window [i, j] covers the pixel [i*stride + ky*dilation - padding, likewise for j and kx],
// or 0 if there is none.
typedef struct {
  ptrdiff_t image[2], size[2], stride[2], padding[2], dilation[2], count[2];
  // The elements of a line of scratch memory: the number of windows of a line rounded up to a
  // multiple of 16, times the stride, and (size - 1)*dilation, together rounded up to one.
  ptrdiff_t pitch;
} ck_windows;

// The windows of pooling along an axis. Window j covers the pixels first + i*reach, i < elements,
// of an axis of `size` pixels, of which the table names those inside.
typedef struct {
  ptrdiff_t size, count;
  // Where the windows are regular, window j starts at start + j*step and has `most` elements,
  // whether inside or not. Otherwise step and start are 0.
  ptrdiff_t start, step, most, reach;
  const int32_t *firsts, *elements;
  // The factors, one for each window and of the type of the images, that the sums are divided by;
  // 16 more are read.
  const void *divisors;
  // A fifth of the elements of memory that the loops over means need.
  ptrdiff_t scratch;
} ck_axis;

// Images of at most so many pixels and windows are taken by channels, unless there are few of them
// or pairs side by side tile lines of whole vectors; loops need this much memory for that if it is
// more than what they say.
enum { CK_SMALL_IMAGE = 200, CK_FEW_CHANNELS = 8 };
static inline size_t ck_small_image_bytes(size_t pixels, size_t windows, size_t element_size) {
  if (pixels > CK_SMALL_IMAGE || windows > CK_SMALL_IMAGE) return 0;
  return (pixels + windows) * 16 * element_size + 12 * windows;
}

// Loops over images [channels, height, width] and their windows [channels, window].
typedef struct {
  // The maximum of each window and, unless `positions` is NULL, its position in the image: the
  // first of equal elements, or a NaN. Padding does not count; returns 0 if a window covers nothing
  // else. `scratch` has `pitch` elements for each line of pixels that eight lines of windows reach
  // over, 32 bytes for each element of a window and each window of a line, and 64 more.
  int32_t (*maxima)(
    const void *images, void *values, int32_t *positions, const ck_windows *windows, void *scratch,
    size_t channels);
  // For each pixel the sum of the values whose position it is.
  void (*spread_maxima)(
    const void *values, const int32_t *positions, void *images, size_t windows, size_t pixels,
    size_t channels);
  // The mean of each window; `scratch` has five times columns->scratch elements.
  void (*means)(
    const void *images, void *means, const ck_axis *rows, const ck_axis *columns, void *scratch,
    size_t channels);
  // For each pixel the sum of its shares of the means of the windows that cover it.
  void (*spread_means)(
    const void *means, void *images, const ck_axis *rows, const ck_axis *columns, void *scratch,
    size_t channels);
} ck_pooling;

// Images [channels, image[0], image[1]] laid into planes [channels, lines, step, pitch], from line
// first[0] and column first[1] on: element i of phase p is column first[1] + i*step + p, or 0 if
// there is none.
typedef struct {
  ptrdiff_t image[2], first[2], lines, step, pitch;
} ck_planes;

// A window of lines × columns elements, which are `line` and `column` apart in a plane and
// `weight_line` and `weight_column` in the weights, over height × width windows. Lines of windows
// are x_line apart in the plane and y_line in the result, in which windows are `step` apart.
//
// A pixel lies inside if its line, row*x_line + ky*line from the first pixel, is from first_line up
// to end_line, and its column, i + kx*column, from first_column up to end_column. Others count as
// 0, where the kernels clip windows; elsewhere all must lie inside.
typedef struct {
  ptrdiff_t lines, columns, line, column, weight_line, weight_column;
  size_t height, width;
  ptrdiff_t x_line, y_line, step;
  ptrdiff_t first_line, end_line, first_column, end_column;
} ck_stencil;

// Products over windows of planes. The operand x of element p and row i is x[rows[i] + columns[p]],
// and the other one is packed like B of the matrix product, in panels of `panel` columns.
typedef struct {
  int32_t panel, rows, lanes;
  // Whether stencils may reach beyond the pixels; what lies outside is not read.
  int32_t clips;
  // The most lines and columns of a window that a stencil takes at once.
  int32_t block_lines, block_columns;
  void (*lay)(const void *images, void *planes, const ck_planes *layout, size_t channels);
  // c[i][j] = start[j] + Σ_p x[rows[i] + columns[p]] packed[p][j] or c[i][j] += it, for j < n <=
  // panel; c has rows of `panel` elements. As many rows of offsets and of c as complete a multiple
  // of `rows` are used. `start` may be NULL.
  void (*multiply)(
    size_t m, size_t n, size_t k, const void *x, const ptrdiff_t *rows, const ptrdiff_t *columns,
    const void *packed, const void *start, void *c, int32_t accumulate);
  // to[j*plane + y*line + i*step] = c[y*width + i][j] for j < channels
  void (*store)(
    const void *c, size_t channels, size_t lines, size_t width, void *to, ptrdiff_t plane,
    ptrdiff_t line, ptrdiff_t step);
  // y[window] = *start + Σ x[pixel] weights[element] over the elements of each window; if start is
  // NULL, the sum is added to what is there.
  void (*apply_stencil)(
    const ck_stencil *stencil, const void *x, const void *weights, void *y, const void *start);
  // sums[element] += Σ x[pixel] y[window] over all windows, whose step is 1
  void (*correlate)(const ck_stencil *stencil, const void *x, const void *y, void *sums);
} ck_convolution;

// The steps of Winograd's convolution F(4 × 4, 3 × 3) around its products, in which components,
// 36 of them, are `component` elements apart; better not a multiple of 1024, or they meet in one
// set of the nearest cache.
typedef struct {
  // Images laid into planes [lines, layout->pitch, pitch], a multiple of the lanes, channels last
  // and with zeros for those that the images do not have; the layout's step is 1.
  void (*lay)(
    const void *images, void *planes, const ck_planes *layout, size_t channels, size_t pitch);
  // components[6*v + u][tile][channel] from tiles of 6 × 6 pixels that are 4 apart, whose lines are
  // `line` elements apart
  void (*pixels)(
    const void *planes, void *components, size_t rows, size_t columns, size_t line,
    size_t channels, size_t component);
  // components[6*v + u][channel][j] of a panel from packed[channel][element][j]
  void (*weights)(
    const void *packed, void *components, size_t channels, size_t component, int32_t is_reversed);
  // c[window][j] + start[j] of a panel for height × width windows from products[6*v + u][tile][j],
  // with tiles for all of them; start may be NULL
  void (*results)(
    const void *products, const void *start, void *c, size_t columns, size_t height, size_t width,
    size_t component);
  // The transpose of `results`: components[6*v + u][tile][j] of a panel of `width` channels from
  // tiles of 4 × 4 slopes, which lie as pixels do
  void (*slopes)(
    const void *planes, void *components, size_t rows, size_t columns, size_t line,
    size_t channels, size_t width, size_t component);
  // The transpose of `weights`: packed[channel][element][j] from components[6*v + u][channel][j]
  void (*gradient)(
    const void *components, void *packed, size_t channels, size_t component);
} ck_winograd;

// --- Recurrent layers ----------------------------------------------------------------------------

typedef enum {
  CK_RECURRENT_TANH,
  CK_RECURRENT_RELU,
  CK_RECURRENT_GRU,
  CK_RECURRENT_LSTM,
  CK_RECURRENT_COUNT
} ck_recurrent_unit;

// A step of one row of a batch. Gates are in the order of the weights, i, f, g, o for an LSTM, and
// q, r, z, n for a GRU, where q = W_hn h + b_hn has no product with the input.
typedef struct {
  void *gates;        // products of the input with W_ih; of a GRU and an LSTM replaced by the gates
  const void *sums;   // products of h with W_hh
  const void *bias;   // of all gates
  void *cell;         // c before the step, replaced by c after it
  void *kept_cell;    // c after the step again, or NULL
  void *state;        // h before the step, replaced by h after it
  void *output;       // h after the step again
} ck_recurrent_step;
typedef void (*ck_recurrent_fn)(const ck_recurrent_step *step, size_t n);

// The gradient of a step.
typedef struct {
  const void *gates;   // the gates; h after the step if there is only one
  const void *cell;    // c after the step
  const void *before;  // of an LSTM c before the step, of a GRU h
  const void *dy;      // the gradient of the output, to which that of h is added
  void *dh, *dc;       // replaced by those before the step, but for the products with W_hh
  void *slopes;        // the gradients of the sums of all gates
  void *factor;        // again for the gates that W_hh is multiplied with, all but n of a GRU
} ck_recurrent_grad;
typedef void (*ck_recurrent_grad_fn)(const ck_recurrent_grad *step, size_t n);

// --- Matrix product ------------------------------------------------------------------------------

// To what the operands of products of float32 are rounded; sums are float32. Pairs are packed into
// the elements of panels where that is faster, otherwise panels hold rounded floats; those of pairs
// are for `macro` alone.
typedef enum {
  CK_PRECISION_FLOAT32,
  CK_PRECISION_BFLOAT16,
  CK_PRECISION_BFLOAT16_PAIRS
} ck_precision;

// The maximum number of elements of B in a batch of small products.
enum { CK_GEMM_BATCH = 4096 };

// Operands are packed into panels of mr rows of A or nr columns of B, so that the innermost loop
// reads both in order; a panel at the edge is padded with zeros. Every element is summed in the
// order of k within the blocks of `ck_gemm_block`, and the blocks are added in order. So cutting m
// and n differently, choosing `small` instead of `macro`, or computing the transposed product does
// not change a bit. `matvec` and `narrow` sum in other orders, which depend on k alone.
typedef struct {
  int32_t mr, nr;
  int32_t kc;    // the maximum depth of a block
  int32_t unit;  // the depth of an element of a panel; 2 for pairs of bfloat16, and then kc is even
  // packed: ceil(m/mr) panels of ceil(k/unit)*mr elements, from a[i*row_stride + p*column_stride]
  void (*pack_a)(
    const void *a, ptrdiff_t row_stride, ptrdiff_t column_stride, size_t m, size_t k, void *packed);
  // packed: ceil(n/nr) panels of ceil(k/unit)*nr elements, from b[p*row_stride + j*column_stride]
  void (*pack_b)(
    const void *b, ptrdiff_t row_stride, ptrdiff_t column_stride, size_t k, size_t n, void *packed);
  // y[i] = x[i*step] rounded, which may be x itself. NULL where products do not round: `pack_a` and
  // `pack_b` do it too, and the functions that read operands in place take them rounded.
  void (*round)(const void *x, ptrdiff_t step, void *y, size_t n);
  // C (m×n, row stride ldc, unit column stride) = A B from packed blocks, k <= kc; with
  // `accumulate` 1, C += A B, and with -1, C -= A B
  void (*macro)(
    size_t m, size_t n, size_t k, const void *packed_a, const void *packed_b, void *c,
    ptrdiff_t ldc, int32_t accumulate);
  // The same for any k without packing; B has unit column stride.
  void (*small)(
    size_t m, size_t n, size_t k, const void *a, ptrdiff_t a_row_stride, ptrdiff_t a_column_stride,
    const void *b, ptrdiff_t b_row_stride, void *c, ptrdiff_t ldc, int32_t accumulate);
  // y[i*sy] = Σ a[i*a_row_stride + p] x[p], likewise
  void (*matvec)(
    size_t m, size_t k, const void *a, ptrdiff_t a_row_stride, const void *x, void *y, ptrdiff_t sy,
    int32_t accumulate);
  // The same as `small` where the rows of A and the columns of B are contiguous and n is small.
  void (*narrow)(
    size_t m, size_t n, size_t k, const void *a, ptrdiff_t a_row_stride, const void *b,
    ptrdiff_t b_column_stride, void *c, ptrdiff_t ldc, int32_t accumulate);
  // `count` products C = A B of matrices that are `step` elements apart; n k <= CK_GEMM_BATCH, and
  // the rows of C are contiguous.
  void (*batch)(
    size_t count, size_t m, size_t n, size_t k, const void *a, ptrdiff_t a_step,
    ptrdiff_t a_row_stride, ptrdiff_t a_column_stride, const void *b, ptrdiff_t b_step,
    ptrdiff_t b_row_stride, ptrdiff_t b_column_stride, void *c, ptrdiff_t c_step);
} ck_gemm;

// The depth of all blocks of k but the last, which are as few as kc allows.
static inline size_t ck_gemm_block(size_t k, int32_t kc) {
  size_t blocks = (k + (size_t)kc - 1) / (size_t)kc;
  return blocks > 1 ? (k + blocks - 1) / blocks : k;
}

// --- Linear algebra ------------------------------------------------------------------------------

enum {
  // The maximum number of columns, and of rows, of the matrices of which a vector of lanes is
  // decomposed at once.
  CK_LINEAR_SMALL = 16,
  CK_LINEAR_TALL = 32,
  // The maximum number of columns of a panel.
  CK_LINEAR_PANEL = 16,
};

// Decompositions of float64 matrices. The first group takes `lanes` matrices of at most
// CK_LINEAR_SMALL columns, the start of each and of its result, whose rows are contiguous. The
// results are those of the drivers for one matrix.
typedef struct {
  int32_t lanes;
  // [n + 1, n]: the factors L and U, then the row with which each row was exchanged
  void (*lu)(size_t n, const double *const *matrices, double *const *results);
  // The determinant, or its sign, 1, -1, 0 or NaN, and the logarithm of its magnitude
  void (*determinant)(
    size_t n, const double *const *matrices, double *const *results, int32_t logarithm);
  // The solutions for right sides and results [n, count]
  void (*lu_solve)(
    size_t n, size_t count, const double *const *factors, const double *const *right,
    double *const *results, int32_t transposed);
  // [n, n]: L with L Lᵀ = (a + aᵀ) / 2, or NaN
  void (*cholesky)(size_t n, const double *const *matrices, double *const *results);
  void (*triangular_solve)(
    size_t n, size_t count, const double *const *triangles, const double *const *right,
    double *const *results, int32_t lower, int32_t unit);
  // [n, m + n]: Qᵀ beside R; n <= m <= CK_LINEAR_TALL, as for svd
  void (*qr)(size_t m, size_t n, const double *const *matrices, double *const *results);
  // [n, 1 + n]: the eigenvalues of (a + aᵀ) / 2 in ascending order beside their vectors, or NaN
  void (*eigen)(size_t n, const double *const *matrices, double *const *results);
  // [n, m + 1 + n]: Uᵀ beside the singular values in descending order beside Vᵀ. Returns the lanes,
  // as bits, whose results are not set: those with numbers that are not finite or a singular value
  // that is too small beside the others.
  uint32_t (*svd)(size_t m, size_t n, const double *const *matrices, double *const *results);

  // The others are the steps of decompositions of large matrices; see panels.inc.
  double (*largest_magnitude)(size_t rows, size_t columns, const double *x, size_t step);
  void (*symmetric_part)(size_t n, const double *a, size_t a_step, double *y, size_t y_step);
  void (*exchange_rows)(
    double *x, size_t step, size_t columns, const double *pivots, size_t count, int32_t reversed);
  void (*lu_panel)(size_t m, size_t n, double *a, size_t step, double *pivots, double *scratch);
  int32_t (*cholesky_panel)(size_t n, double *a, size_t step);
  void (*triangular_panel)(
    size_t n, const double *t, ptrdiff_t t_row, ptrdiff_t t_column, double *b, size_t step,
    size_t columns, int32_t lower, int32_t unit);
  double (*dot)(const double *x, const double *y, size_t n);
  // The Euclidean norm, without overflow or underflow.
  double (*norm)(const double *x, size_t n);
  double (*reflector)(double *x, size_t n, double *beta);
  void (*reflector_panel)(
    size_t n, size_t m, double *w, size_t w_step, double *v, size_t v_step, double *taus);
  void (*reflector_triangle)(
    size_t n, const double *products, size_t products_step, const double *taus, double *t,
    size_t step);
  void (*symmetric_rows)(
    size_t n, size_t first, size_t last, const double *a, size_t step, const double *x, double *y);
  void (*rotate_rows)(
    const double *cosines, const double *sines, size_t count, double *x, size_t step,
    size_t columns);
  // Eigenvectors of a diagonal matrix plus one of rank one; see secular.inc.
  void (*secular_roots)(
    size_t n, const double *d, const double *squares, double bound, const double *poles,
    size_t first, size_t last, double *values, double *gaps, size_t step);
  void (*secular_weights)(
    size_t n, const double *d, const double *poles, const double *gaps, size_t step, size_t first,
    size_t last, double *z);
  void (*secular_vector)(size_t n, const double *z, double *gaps);
} ck_linear;

// c[i] = a[i] × b[i], the cross products of `count` vectors of three elements one after another; c
// is neither a nor b.
typedef void (*ck_cross_fn)(const void *a, const void *b, void *c, size_t count);

// --- Tables --------------------------------------------------------------------------------------

typedef struct ck_table ck_table;

// NULL if this processor, or this build, lacks the instruction set.
const ck_table *ck_table_for(ck_isa isa);
// The highest instruction set of this processor.
ck_isa ck_best_isa(void);

// NULL if the operation is not defined for the element type.
ck_unary_fn ck_unary(const ck_table *table, ck_unary_op op, ck_dtype dtype);
ck_chain_fn ck_chain(const ck_table *table, ck_dtype dtype);
// The link for an operation, or CK_LINK_NONE; the next enumerator is that of its operands reversed.
ck_link_op ck_unary_link(ck_unary_op op);
ck_link_op ck_binary_link(ck_binary_op op);
ck_binary_fn ck_binary(const ck_table *table, ck_binary_op op, ck_dtype dtype);
// The rows of a binary operation that is a link.
ck_binary_rows_fn ck_binary_rows(const ck_table *table, ck_link_op link, ck_dtype dtype);
ck_binary_fn ck_compare(const ck_table *table, ck_compare_op op, ck_dtype dtype);
ck_select_fn ck_select(const ck_table *table, ck_dtype dtype);
ck_convert_fn ck_convert(const ck_table *table, ck_dtype from, ck_dtype to);
ck_transpose_fn ck_transpose(const ck_table *table, size_t element_size);  // 1, 4 or 8
ck_copy_fn ck_copy(const ck_table *table, size_t element_size);            // 1, 4 or 8
ck_move_fn ck_move(const ck_table *table, size_t element_size);            // 1, 4 or 8
ck_ramp_fn ck_ramp(const ck_table *table, ck_dtype dtype);
ck_take_fn ck_take(const ck_table *table, size_t element_size);            // 1, 4 or 8
ck_put_fn ck_put(const ck_table *table, size_t element_size);              // 1, 4 or 8
ck_put_fn ck_put_sum(const ck_table *table, ck_dtype dtype);
ck_blend_fn ck_blend(const ck_table *table, ck_dtype dtype);
ck_blend_fn ck_spread(const ck_table *table, ck_dtype dtype);
ck_reduce_fn ck_reduce(const ck_table *table, ck_reduce_op op, ck_dtype dtype);
ck_reduce_rows_fn ck_reduce_rows(const ck_table *table, ck_reduce_op op, ck_dtype dtype);
ck_sum_block_fn ck_sum_block(const ck_table *table, ck_reduce_op op, ck_dtype dtype);
ck_sum_lanes_fn ck_sum_lanes(const ck_table *table, ck_dtype dtype);
ck_arg_reduce_fn ck_arg_reduce(const ck_table *table, ck_arg_op op, ck_dtype dtype);
ck_arg_rows_fn ck_arg_rows(const ck_table *table, ck_arg_op op, ck_dtype dtype);
ck_rows_fn ck_rows(const ck_table *table, ck_rows_op op, ck_dtype dtype);
ck_rows_grad_fn ck_rows_grad(const ck_table *table, ck_rows_op op, ck_dtype dtype);
ck_columns_fn ck_columns(const ck_table *table, ck_rows_op op, ck_dtype dtype);
ck_columns_grad_fn ck_columns_grad(const ck_table *table, ck_rows_op op, ck_dtype dtype);
ck_norm_fn ck_norm(const ck_table *table, ck_dtype dtype);
ck_norm_grad_fn ck_norm_grad(const ck_table *table, ck_dtype dtype);
const ck_groups *ck_groups_for(const ck_table *table, ck_dtype dtype, int32_t by_columns);
ck_cross_entropy_fn ck_cross_entropy(const ck_table *table, ck_dtype dtype);
ck_cross_entropy_grad_fn ck_cross_entropy_grad(const ck_table *table, ck_dtype dtype);
ck_step_fn ck_step(const ck_table *table, ck_step_rule rule, ck_dtype dtype);
ck_lookahead_fn ck_lookahead(const ck_table *table, ck_dtype dtype);
ck_probe_fn ck_probe(const ck_table *table);
const ck_pooling *ck_pooling_for(const ck_table *table, ck_dtype dtype);
const ck_convolution *ck_convolution_for(const ck_table *table, ck_dtype dtype);
// For float32 alone: gradients in float64 are for comparisons, for which it is too inexact.
const ck_winograd *ck_winograd_for(const ck_table *table);
ck_recurrent_fn ck_recurrent(const ck_table *table, ck_recurrent_unit unit, ck_dtype dtype);
ck_recurrent_grad_fn ck_recurrent_gradient(
  const ck_table *table, ck_recurrent_unit unit, ck_dtype dtype);
const ck_order *ck_order_for(const ck_table *table, ck_dtype dtype);
ck_scan_fn ck_scan(const ck_table *table, ck_scan_op op, ck_dtype dtype);
ck_random_fn ck_random_op_for(const ck_table *table, ck_random_op op, ck_dtype dtype);
const ck_shuffle *ck_shuffle_for(const ck_table *table, size_t element_size);  // 4 or 8
ck_recur_fn ck_recur(const ck_table *table, ck_dtype dtype);
ck_arg_rows_fn ck_scan_arg(const ck_table *table, ck_arg_op op, ck_dtype dtype);
const ck_gemm *ck_gemm_for(const ck_table *table, ck_dtype dtype, ck_precision precision);
// The product of pairs without the instruction for it, slower than that of rounded floats: a test
// of the packing and the tiles.
const ck_gemm *ck_gemm_of_emulated_pairs(void);
// For float64 alone, in which all decompositions are computed.
const ck_linear *ck_linear_for(const ck_table *table);
ck_cross_fn ck_cross(const ck_table *table, ck_dtype dtype);

// The scopes of fusion that the calling thread is in: their number, that of the sums that were put
// off, and an object of the caller.
typedef struct {
  ptrdiff_t depth;
  ptrdiff_t sums;
  void *pending;
} ck_fusion;
__attribute__((returns_nonnull)) ck_fusion *ck_fusion_of_thread(void);

// The number of the calling thread in the pool, from 1 on, while it is in a task; 0 outside.
int32_t ck_task_thread(void);
void ck_set_task_thread(int32_t number);

// The names of operations, such as "exp", "add" and "lt", for messages and tests.
const char *ck_unary_name(ck_unary_op op);
const char *ck_binary_name(ck_binary_op op);
const char *ck_compare_name(ck_compare_op op);

// Hints to the processor that the caller spins on a value that another thread will write.
static inline void ck_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#ifdef __cplusplus
}
#endif

#endif
