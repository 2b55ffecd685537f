#define _GNU_SOURCE
#include "harness.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_IS_CHECKED 1
#endif
#endif

const ck_table *table;
const char *table_name;
placement_kind placement;
sigjmp_buf fault_exit;
volatile int is_guarded;

#if HEAP_IS_CHECKED
placement_kind first_placement(void) { return ON_HEAP; }
placement_kind last_placement(void) { return ON_HEAP; }
#else
placement_kind first_placement(void) { return ENDS_AT_PAGE; }
placement_kind last_placement(void) { return STARTS_AT_PAGE; }
#endif

// --- Operands ------------------------------------------------------------------------------------

// Every operand has a region with an unmapped page at each end; on the side where it does not touch
// one, SLACK bytes tell whether they were written.
enum { SLOTS = 24, REGION = 1 << 22, SLACK = 256, GARBAGE = 0xA5 };
static struct {
  uint8_t *region, *start;
  size_t bytes;
} slots[SLOTS];
static int used;

static char case_name[400];
static size_t cases, failures;
static uint64_t case_failures;

void start_case(const char *format, ...) {
  static const char *const places[] = {"ends at a page", "starts at a page", "on the heap"};
  if (placement == ON_HEAP)
    for (int i = 0; i < used; i++) free(slots[i].start);
  used = 0;
  va_list arguments;
  va_start(arguments, format);
  int length = snprintf(case_name, sizeof case_name, "%s ", table_name);
  length += vsnprintf(case_name + length, sizeof case_name - (size_t)length, format, arguments);
  va_end(arguments);
  snprintf(case_name + length, sizeof case_name - (size_t)length, ", %s", places[placement]);
  cases++;
  case_failures = 0;
}

void report(const char *format, ...) {
  failures++;
  if (case_failures++ >= 1 || failures > 200) return;
  va_list arguments;
  va_start(arguments, format);
  printf("FAILED %s: ", case_name);
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
}

void *operand(size_t bytes) {
  if (used == SLOTS || bytes + SLACK > REGION) abort();
  const int i = used++;
  if (placement == ON_HEAP) {
    slots[i].start = malloc(bytes);
    memset(slots[i].start, GARBAGE, bytes);
    return slots[i].start;
  }
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  if (!slots[i].region) {
    uint8_t *all =
      mmap(NULL, REGION + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, REGION, PROT_READ | PROT_WRITE)) abort();
    slots[i].region = all + page;
  }
  uint8_t *region = slots[i].region;
  slots[i].bytes = bytes;
  slots[i].start = placement == ENDS_AT_PAGE ? region + REGION - bytes : region;
  uint8_t *first = placement == ENDS_AT_PAGE ? slots[i].start - SLACK : region;
  memset(first, GARBAGE, bytes + SLACK);
  return slots[i].start;
}

int is_clean(void) {
  if (placement == ON_HEAP) return 1;
  for (int i = 0; i < used; i++) {
    const uint8_t *slack =
      placement == ENDS_AT_PAGE ? slots[i].start - SLACK : slots[i].start + slots[i].bytes;
    for (int k = 0; k < SLACK; k++)
      if (slack[k] != GARBAGE) {
        report("wrote %s operand %d", placement == ENDS_AT_PAGE ? "before" : "behind", i);
        return 0;
      }
  }
  return 1;
}

static void handle_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  if (!is_guarded) {
    signal(number, SIG_DFL);
    return;
  }
  is_guarded = 0;
  const uint8_t *at = info->si_addr;
  int nearest = -1;
  for (int i = 0; i < used; i++)
    if (slots[i].region && at >= slots[i].region - 65536 && at < slots[i].region + REGION + 65536)
      nearest = i;
  if (nearest >= 0)
    report(
      "%s %td bytes from the start of operand %d of %zu bytes", strsignal(number),
      at - slots[nearest].start, nearest, slots[nearest].bytes);
  else
    report("%s at %p", strsignal(number), (const void *)at);
  siglongjmp(fault_exit, 1);
}

// --- Coverage ------------------------------------------------------------------------------------

static const void *noted[4096];
static size_t noted_count;

void note_use(const void *function) {
  for (size_t i = 0; i < noted_count; i++)
    if (noted[i] == function) return;
  if (function && noted_count < sizeof noted / sizeof *noted) noted[noted_count++] = function;
}

static size_t functions_in_table;

// Reports the words of a structure from `offset` on that no test used.
static void check_used(const char *name, const void *structure, size_t offset, size_t size) {
  if (!structure) return;
  for (; offset + sizeof(void *) <= size; offset += sizeof(void *)) {
    const void *function;
    memcpy(&function, (const uint8_t *)structure + offset, sizeof function);
    if (!function) continue;
    functions_in_table++;
    int is_used = 0;
    for (size_t i = 0; i < noted_count && !is_used; i++) is_used = noted[i] == function;
    if (!is_used) {
      start_case("%s + %zu", name, offset);
      report("no test calls it");
    }
  }
}

// A function that the table has and no test calls is a failure.
static void check_coverage(void) {
#define STRUCTURE(type, member, first)                                                             \
  check_used(#member, table->member, offsetof(type, first), sizeof(type)), note_use(table->member)
  placement = first_placement();
  functions_in_table = 0;
  for (int t = CK_F32; t <= CK_F64; t++) {
    STRUCTURE(ck_groups, groups[t], sums);
    STRUCTURE(ck_groups, column_groups[t], sums);
    STRUCTURE(ck_pooling, pooling[t], maxima);
    STRUCTURE(ck_convolution, convolution[t], lay);
    STRUCTURE(ck_gemm, gemm[t], pack_a);
  }
  for (int t = 0; t < CK_DTYPE_COUNT; t++) STRUCTURE(ck_order, order[t], sort);
  STRUCTURE(ck_winograd, winograd, lay);
  STRUCTURE(ck_gemm, bfloat16_gemm, pack_a);
  // Without the instruction the table's functions for pairs cannot run; `matvec` and the others are
  // those of the rounded product.
  if (
    table->pairs_gemm &&
    ck_gemm_for(table, CK_F32, CK_PRECISION_BFLOAT16_PAIRS) == table->pairs_gemm)
    STRUCTURE(ck_gemm, pairs_gemm, pack_a);
  else
    note_use(table->pairs_gemm);
  STRUCTURE(ck_linear, linear, lu);
  for (int s = 4; s <= 8; s += 4) STRUCTURE(ck_shuffle, shuffle[s], count);
  check_used("table", table, 0, sizeof(ck_table));
#undef STRUCTURE
}

// --- Numbers -------------------------------------------------------------------------------------

static uint64_t state;

// SplitMix64 (Steele, Lea and Flood, 2014).
uint64_t next_bits(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}
size_t below(size_t count) { return (size_t)(next_bits() % count); }
double uniform(double low, double high) {
  return low + (high - low) * (double)(next_bits() >> 11) * 0x1p-53;
}

size_t size_of(ck_dtype type) { return type == CK_F64 ? 8 : type == CK_BOOL ? 1 : 4; }
const char *name_of(ck_dtype type) {
  return type == CK_F32 ? "float32"
    : type == CK_F64    ? "float64"
    : type == CK_I32    ? "int32"
                        : "bool";
}
double rounded(ck_dtype type, double x) { return type == CK_F32 ? (double)(float)x : x; }

double element(ck_dtype type, const void *x, ptrdiff_t i) {
  switch (type) {
    case CK_F32: return ((const float *)x)[i];
    case CK_F64: return ((const double *)x)[i];
    case CK_I32: return ((const int32_t *)x)[i];
    default: return ((const uint8_t *)x)[i];
  }
}
void set_element(ck_dtype type, void *x, ptrdiff_t i, double value) {
  switch (type) {
    case CK_F32: ((float *)x)[i] = (float)value; break;
    case CK_F64: ((double *)x)[i] = value; break;
    case CK_I32: ((int32_t *)x)[i] = (int32_t)value; break;
    default: ((uint8_t *)x)[i] = (uint8_t)value; break;
  }
}

static double special_number(ck_dtype type, size_t i) {
  static const double floats[] = {
    0,
    -0.0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    INFINITY,
    -INFINITY,
    NAN,
    0x1p-149,
    -0x1p-149,
    0x1p-126,
    -0x1p-126,
    0x1.fffffep127,
    -0x1.fffffep127,
    88.7,
    -88.7,
    -103.9,
    104,
    1e6,
    1e7,
    -1e7,
    0.625,
    2.25,
    3,
    -3,
  };
  static const double integers[] = {0, 1, -1, 2, -2, 3, 7, -7, INT32_MAX, INT32_MIN, 30000, -30000};
  if (type == CK_I32) {
    if (i < sizeof integers / sizeof *integers) return integers[i];
    return (double)(int32_t)(next_bits() >> (32 + below(32)));
  }
  if (i < sizeof floats / sizeof *floats) return rounded(type, floats[i]);
  const int exponent = type == CK_F32 ? 125 : 1020;
  const double size = below(2)
    ? uniform(-12, 12)
    : uniform(-2, 2) * ldexp(1, (int)below((size_t)exponent * 2) - exponent);
  return rounded(type, size);
}

void numbers(ck_dtype type, number_kind kind, double *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (type == CK_BOOL)
      x[i] = (double)below(2);
    else if (kind == SPECIAL)
      x[i] = special_number(type, i);
    else if (kind == INTEGERS || type == CK_I32)
      x[i] = (double)below(19) - 9;
    else
      x[i] = rounded(type, uniform(-4, 4));
}

void *placed(ck_dtype type, const double *x, size_t n, ptrdiff_t step) {
  const size_t span = n == 0 ? 0 : step == 0 ? 1 : (n - 1) * (size_t)labs(step) + 1;
  uint8_t *memory = operand(span * size_of(type));
  if (step < 0 && n > 0) memory += (n - 1) * (size_t)-step * size_of(type);
  for (size_t i = 0; i < (step == 0 && n > 0 ? 1 : n); i++)
    set_element(type, memory, (ptrdiff_t)i * step, x[i]);
  return memory;
}

void *placed_rows(ck_dtype type, const double *x, size_t rows, size_t columns, ptrdiff_t row_step) {
  if (rows == 0 || columns == 0) return operand(0);
  void *memory = operand(((rows - 1) * (size_t)row_step + columns) * size_of(type));
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++)
      set_element(type, memory, (ptrdiff_t)i * row_step + (ptrdiff_t)j, x[i * columns + j]);
  return memory;
}

void *blank(ck_dtype type, size_t n) { return operand(n * size_of(type)); }

// --- Comparisons ---------------------------------------------------------------------------------

double unit(ck_dtype type, double magnitude) {
  const int digits = type == CK_F32 ? 23 : 52, least = type == CK_F32 ? -126 : -1022;
  const int most = type == CK_F32 ? 127 : 1023;
  const int exponent = magnitude > 0 ? isinf(magnitude) ? most : ilogb(magnitude) : least;
  return ldexp(1, (exponent < least ? least : exponent > most ? most : exponent) - digits);
}

static int is_close(ck_dtype type, double y, double expected, double floor, double ulps) {
  // Where the floor is out of range, so is a part of the result.
  if (!(floor <= (type == CK_F32 ? 0x1.fffffep127 : 0x1.fffffffffffffp1023))) return 1;
  if (isnan(y) || isnan(expected)) return isnan(y) && isnan(expected);
  if (type == CK_I32 || type == CK_BOOL) return y == expected;
  const double largest = type == CK_F32 ? 0x1.fffffep127 : 0x1.fffffffffffffp1023;
  if (isinf(y) || isinf(expected) || fabs(expected) > largest) {
    const double least = largest * (1 - ulps * unit(type, 1));
    return fabs(expected) >= least && fabs(y) >= least && (y < 0) == (expected < 0);
  }
  if (ulps == 0) return y == expected && signbit(y) == signbit(expected);
  const double size = fabs(expected) > floor ? fabs(expected) : floor;
  return fabs(y - expected) <= ulps * unit(type, size) * 1.0000001;
}

int expect(
  ck_dtype type, const void *y, const double *expected, const double *floors, size_t n,
  double ulps) {
  for (size_t i = 0; i < n; i++) {
    const double result = element(type, y, (ptrdiff_t)i), floor = floors ? floors[i] : 0;
    if (is_close(type, result, expected[i], floor, ulps)) continue;
    report("element %zu is %.17g, not %.17g (floor %g)", i, result, expected[i], floor);
    return 0;
  }
  return 1;
}

int expect_same(ck_dtype type, const void *y, const void *expected, size_t n) {
  const size_t size = size_of(type);
  for (size_t i = 0; i < n; i++) {
    const size_t at = i * size;
    if (memcmp((const uint8_t *)y + at, (const uint8_t *)expected + at, size) == 0) continue;
    const double one = element(type, y, (ptrdiff_t)i),
                 other = element(type, expected, (ptrdiff_t)i);
    if (type <= CK_F64 && isnan(one) && isnan(other)) continue;
    report("element %zu is %.17g, not %.17g as elsewhere", i, one, other);
    return 0;
  }
  return 1;
}

// --- The program ---------------------------------------------------------------------------------

static const struct {
  const char *name;
  void (*run)(void);
} tests[] = {
  {"elementwise", test_elementwise},
  {"chains", test_chains},
  {"moving", test_moving},
  {"indexing", test_indexing},
  {"reductions", test_reductions},
  {"rows", test_rows},
  {"scans", test_scans},
  {"optimizers", test_optimizers},
  {"products", test_products},
  {"windows", test_windows},
  {"recurrent", test_recurrent},
  {"order", test_order},
  {"random", test_random},
  {"linear", test_linear},
};

// check [seed [test]]
int main(int count, char **arguments) {
  const uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  const char *only = count > 2 ? arguments[2] : NULL;
  static const char *const names[] = {"baseline", "avx2", "avx512"};
  struct sigaction action = {.sa_sigaction = handle_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  for (int set = 0; set < CK_ISA_COUNT; set++) {
    table = ck_table_for((ck_isa)set);
    if (!table) continue;
    table_name = names[set];
    noted_count = cases = 0;
    const size_t before = failures;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
      if (only && strcmp(only, tests[i].name) != 0) continue;
      state = seed;
      tests[i].run();
    }
    if (!only) check_coverage();
    printf(
      "%s: %zu functions, %zu calls, %zu failures\n", table_name, functions_in_table, cases,
      failures - before);
  }
  return failures > 0;
}
