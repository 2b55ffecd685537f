// The parts that the tests of the kernels share: operands between pages that may not be touched,
// numbers, and comparisons.
//
// A test calls a kernel once for each placement of its operands, so that a load or a store outside
// of one of them stops the call, whichever side it is on. Expected numbers are doubles.
#ifndef KERNEL_HARNESS_H
#define KERNEL_HARNESS_H

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

// The kernels under test.
extern const ck_table *table;
extern const char *table_name;

// --- Cases ---------------------------------------------------------------------------------------

// Where operands lie: with their end at an unmapped page, with their start behind one, or, under
// the address sanitizer, which knows both ends, on the heap.
typedef enum { ENDS_AT_PAGE, STARTS_AT_PAGE, ON_HEAP, PLACEMENTS } placement_kind;
extern placement_kind placement;
placement_kind first_placement(void), last_placement(void);
#define EACH_PLACEMENT                                                                             \
  for (placement = first_placement(); placement <= last_placement(); placement++)

// Names the next call and frees the operands of the last one.
__attribute__((format(printf, 1, 2))) void start_case(const char *format, ...);
// Memory of exactly so many bytes, filled with garbage.
void *operand(size_t bytes);
// Reports a failure of the case.
__attribute__((format(printf, 1, 2))) void report(const char *format, ...);

// Calls a kernel. 0 if it touched memory that is not an operand's, which is reported.
#define RUN(call)                                                                                  \
  (sigsetjmp(fault_exit, 0) == 0 && (is_guarded = 1, call, is_guarded = 0, is_clean()))
extern sigjmp_buf fault_exit;
extern volatile int is_guarded;
int is_clean(void);

// Notes that a function of the table is tested, and returns it.
#define USE(function) (note_use((const void *)(function)), (function))
void note_use(const void *function);

// --- Numbers -------------------------------------------------------------------------------------

enum { MOST = 1 << 18 };  // numbers of an operand at most

uint64_t next_bits(void);
size_t below(size_t count);
double uniform(double low, double high);

typedef enum { ORDINARY, SPECIAL, INTEGERS } number_kind;
// Fills x with numbers that the type can hold: between -4 and 4, of all exponents with the special
// ones first, or integers between -9 and 9.
void numbers(ck_dtype type, number_kind kind, double *x, size_t n);

size_t size_of(ck_dtype type);
const char *name_of(ck_dtype type);
double rounded(ck_dtype type, double x);
double element(ck_dtype type, const void *x, ptrdiff_t i);
void set_element(ck_dtype type, void *x, ptrdiff_t i, double value);

// An operand of n numbers that are `step` elements apart, or of one number if it is 0: the address
// of the first.
void *placed(ck_dtype type, const double *x, size_t n, ptrdiff_t step);
// An operand of `rows` rows of `columns` numbers, `row_step` elements apart.
void *placed_rows(ck_dtype type, const double *x, size_t rows, size_t columns, ptrdiff_t row_step);
// An operand for n results.
void *blank(ck_dtype type, size_t n);

// --- Comparisons ---------------------------------------------------------------------------------

// Whether each result is within so many units in the last place of the larger of the expected
// number and its floor; floors may be NULL. Integers and bools are compared exactly, and so are
// signs of zeros where `ulps` is 0.
int expect(
  ck_dtype type, const void *y, const double *expected, const double *floors, size_t n,
  double ulps);
// Whether the bytes are those of the numbers; NaN is NaN.
int expect_same(ck_dtype type, const void *y, const void *expected, size_t n);
double unit(ck_dtype type, double magnitude);

// --- Tests ---------------------------------------------------------------------------------------

void test_elementwise(void), test_chains(void), test_moving(void), test_indexing(void);
void test_reductions(void), test_rows(void), test_scans(void), test_optimizers(void);
void test_products(void), test_windows(void), test_recurrent(void), test_order(void);
void test_random(void), test_linear(void);

#endif
