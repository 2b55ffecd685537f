// Sorting, ranks and searching against a stable sort of plain loops, and random numbers against the
// bits of the baseline and a plain generator.
#include "harness.h"

static double x[MOST], expected[MOST];
static int32_t order[MOST];
#define COUNT(array) (sizeof(array) / sizeof *(array))

// --- Order ---------------------------------------------------------------------------------------

// -1, 0 or 1: NaN is the greatest, and both zeros are equal.
static int compare_numbers(double one, double other) {
  if (isnan(one) || isnan(other)) return isnan(one) - isnan(other);
  return (one > other) - (one < other);
}
static const double *sorted_numbers;
static int is_descending;
static int compare_positions(const void *one, const void *other) {
  const int32_t i = *(const int32_t *)one, j = *(const int32_t *)other;
  int way = compare_numbers(sorted_numbers[i], sorted_numbers[j]);
  if (is_descending) way = -way;
  return way ? way : i < j ? -1 : 1;
}
static void plain_order(const double *numbers, size_t n, int descending, int32_t *positions) {
  for (size_t i = 0; i < n; i++) positions[i] = (int32_t)i;
  sorted_numbers = numbers, is_descending = descending;
  qsort(positions, n, sizeof *positions, compare_positions);
}

// Numbers of which some are equal, and NaN.
static void fill(ck_dtype type, size_t n) {
  numbers(type, below(3) ? SPECIAL : INTEGERS, x, n);
  for (size_t i = n; i > 1; i--) {
    const size_t other = below(i);
    const double last = x[i - 1];
    x[i - 1] = x[other], x[other] = last;
  }
}

static void expect_sorted(
  ck_dtype type, const void *sorted, const double *numbers, size_t n, int descending) {
  plain_order(numbers, n, descending, order);
  for (size_t i = 0; i < n; i++) {
    const double result = element(type, sorted, (ptrdiff_t)i);
    if (compare_numbers(result, numbers[order[i]]) != 0) {
      report("sorted element %zu is %g, not %g", i, result, numbers[order[i]]);
      return;
    }
  }
}

static void test_sort(ck_dtype type, size_t rows, size_t n, int descending) {
  const ck_order *o = ck_order_for(table, type);
  fill(type, rows * n);
  EACH_PLACEMENT {
    start_case("sort %s, %zu rows of %zu, descending %d", name_of(type), rows, n, descending);
    const void *in = placed(type, x, rows * n, 1);
    void *scratch = operand(2 * n * o->key_size), *sorted = blank(type, rows * n);
    if (RUN(USE(o->sort)(in, rows, n, descending, scratch, sorted)))
      for (size_t row = 0; row < rows; row++)
        expect_sorted(
          type, (uint8_t *)sorted + row * n * size_of(type), x + row * n, n, descending);
    start_case("argsort %s, %zu rows of %zu, descending %d", name_of(type), rows, n, descending);
    in = placed(type, x, rows * n, 1), scratch = operand(2 * n * 8);
    int32_t *positions = blank(CK_I32, rows * n);
    if (RUN(USE(o->argsort)(in, rows, n, descending, scratch, positions)))
      for (size_t row = 0; row < rows; row++) {
        plain_order(x + row * n, n, descending, order);
        if (!expect_same(CK_I32, positions + row * n, order, n)) break;
      }
    const size_t count = 1 + below(n);
    start_case(
      "top %zu of %s, %zu rows of %zu, descending %d", count, name_of(type), rows, n, descending);
    in = placed(type, x, rows * n, 1);
    scratch = operand(2 * count * 8 + 2 * ck_top_capacity(n, count) * o->key_size);
    positions = blank(CK_I32, rows * count);
    if (RUN(USE(o->top)(in, rows, n, count, descending, scratch, positions)))
      for (size_t row = 0; row < rows; row++) {
        plain_order(x + row * n, n, descending, order);
        if (!expect_same(CK_I32, positions + row * count, order, count)) break;
      }
  }
}

// The parts of sorting one row, put together as the drivers do.
static void test_sort_parts(ck_dtype type, size_t n, int descending) {
  const ck_order *o = ck_order_for(table, type);
  fill(type, n);
  EACH_PLACEMENT {
    start_case("parts of sort %s, n %zu, descending %d", name_of(type), n, descending);
    const void *in = placed(type, x, n, 1);
    uint8_t *keys = operand(n * o->key_size), *split = operand(n * o->key_size);
    void *sorted = blank(type, n);
    volatile int32_t needs_restore = 0;
    if (!RUN(needs_restore = USE(o->write_keys)(in, n, descending, keys))) continue;
    int32_t *is_sorted = operand(4);
    *is_sorted = 0;
    volatile size_t first = n;
    if (n > 1) {
      if (!RUN(first = USE(o->split_keys)(keys, split, n, (int32_t)below(2), is_sorted))) continue;
      if (first == 0 || first > n) {
        report("split into %zu of %zu", first, n);
        continue;
      }
      // Both parts, in place or to the other array.
      if (!RUN(USE(o->sort_keys)(split, keys, first, 1))) continue;
      if (!RUN(o->sort_keys(split + first * o->key_size, keys + first * o->key_size, n - first, 1)))
        continue;
    } else if (!RUN(o->sort_keys(keys, split, n, 0))) {
      continue;
    }
    if (!RUN(USE(o->write_values)(keys, n, descending, sorted))) continue;
    if (needs_restore && !RUN(USE(o->restore)(in, n, sorted))) continue;
    note_use((const void *)o->restore);
    expect_sorted(type, sorted, x, n, descending);

    start_case("parts of argsort %s, n %zu, descending %d", name_of(type), n, descending);
    in = placed(type, x, n, 1);
    int64_t *ranks = operand(n * 8), *other = operand(n * 8);
    const size_t cut = below(n + 1);
    if (!RUN(USE(o->write_ranks)(in, 0, cut, descending, ranks))) continue;
    const void *rest = placed(type, x + cut, n - cut, 1);
    (void)rest;
    if (!RUN(o->write_ranks(in, cut, n - cut, descending, ranks + cut))) continue;
    is_sorted = operand(4);
    *is_sorted = 0;
    first = n;
    if (n > 1) {
      if (!RUN(first = USE(o->split_ranks)(ranks, other, n, (int32_t)below(2), is_sorted)))
        continue;
      if (first == 0 || first > n) {
        report("ranks split into %zu of %zu", first, n);
        continue;
      }
      if (!RUN(USE(o->sort_ranks)(other, ranks, first, 1))) continue;
      if (!RUN(o->sort_ranks(other + first, ranks + first, n - first, 1))) continue;
    }
    int32_t *positions = blank(CK_I32, n);
    if (!RUN(USE(o->write_order)(in, n, descending, ranks, other, positions))) continue;
    plain_order(x, n, descending, order);
    expect_same(CK_I32, positions, order, n);
  }
}

static void test_search(ck_dtype type, size_t n) {
  const ck_order *o = ck_order_for(table, type);
  static double sought[MOST], keys_of[MOST];
  const size_t count = 1 + below(70);
  fill(type, n);
  plain_order(x, n, 0, order);
  for (size_t i = 0; i < n; i++) keys_of[i] = x[order[i]];
  for (size_t i = 0; i < count; i++)
    sought[i] = below(2) ? keys_of[below(n)] : (numbers(type, ORDINARY, expected, 1), expected[0]);
  for (int after = 0; after < 2; after++) {
    for (size_t i = 0; i < count; i++) {
      size_t found = 0;
      for (size_t j = 0; j < n; j++) found += compare_numbers(keys_of[j], sought[i]) < after;
      expected[i] = (double)found;
    }
    EACH_PLACEMENT {
      start_case("search %s, %zu of %zu, after %d", name_of(type), count, n, after);
      const void *sorted = placed(type, keys_of, n, 1), *in = placed(type, sought, count, 1);
      void *keys = operand(n * o->key_size);
      int32_t *out = blank(CK_I32, count);
      if (!RUN(o->write_keys(sorted, n, 0, keys))) continue;
      if (RUN(USE(o->search)(keys, n, in, count, after, out)))
        expect(CK_I32, out, expected, 0, count, 0);
    }
  }
}

void test_order(void) {
  for (ck_dtype type = 0; type < CK_DTYPE_COUNT; type++)
    for (size_t n = 1; n < 6000; n += 1 + n / 7)
      for (int descending = 0; descending < 2; descending++) {
        test_sort(type, n < 100 ? 1 + below(3) : 1, n, descending);
        test_sort_parts(type, n, descending);
        if (n < 1000) test_search(type, n);
      }
}

// --- Random numbers ------------------------------------------------------------------------------

// Philox4x32-10 (Salmon et al., 2011), one block.
static void philox(const ck_random *s, uint64_t block, uint64_t stream, uint32_t word[4]) {
  const uint64_t place = s->position + block, line = s->stream + stream;
  uint32_t w[4] = {
    (uint32_t)place, (uint32_t)(place >> 32), (uint32_t)line, (uint32_t)(line >> 32)};
  uint32_t k = (uint32_t)s->key, l = (uint32_t)(s->key >> 32);
  for (int round = 0; round < 10; round++, k += 0x9E3779B9, l += 0xBB67AE85) {
    const uint64_t p = (uint64_t)w[0] * 0xD2511F53, q = (uint64_t)w[2] * 0xCD9E8D57;
    const uint32_t next[4] = {
      (uint32_t)(q >> 32) ^ w[1] ^ k, (uint32_t)q, (uint32_t)(p >> 32) ^ w[3] ^ l, (uint32_t)p};
    memcpy(w, next, sizeof w);
  }
  memcpy(word, w, sizeof w);
}

// The bits of element i: words of a group of 16 blocks lie side by side.
static uint64_t bits_of(const ck_random *s, size_t i, ck_dtype type) {
  uint32_t w[4];
  const size_t each = type == CK_F64 ? 2 : 4, block = i / (16 * each) * 16 + i % 16,
               part = i / 16 % each;
  philox(s, block, 0, w);
  return type == CK_F64 ? (uint64_t)w[2 * part + 1] << 32 | w[2 * part] : w[part];
}
static double log_of_bits(uint64_t bits, ck_dtype type) {
  const int digits = type == CK_F64 ? 52 : 31;
  return -log(((double)(type == CK_F64 ? bits >> 12 : bits >> 1) + 0.5) * ldexp(1, -digits));
}

static void test_random_row(
  const char *name, ck_random_op op, ck_dtype type, const ck_random_settings *settings) {
  enum { WHOLE = 1000 };
  static uint8_t whole[WHOLE * 8];
  const ck_random state = {0x123456789ABCDEF0, 7ull << 32 | 3, 5};
  // Every instruction set gives the bits of the baseline.
  ck_random_fn reference = ck_random_op_for(ck_table_for(CK_ISA_BASELINE), op, type);
  for (size_t i = 0; i < WHOLE; i++) x[i] = (double)i;
  static float floats[WHOLE];
  static double doubles[WHOLE];
  for (size_t i = 0; i < WHOLE; i++) floats[i] = (float)i, doubles[i] = (double)i;
  const void *plain_in = op != CK_RANDOM_DROPOUT ? NULL
    : type == CK_F32                             ? (void *)floats
                                                 : (void *)doubles;
  reference(&state, settings, plain_in, whole, WHOLE);
  static const size_t lengths[] = {0, 1, 3, 15, 16, 17, 33, 63, 64, 65, 127, 128, 129, 300, WHOLE};
  for (size_t l = 0; l < COUNT(lengths); l++) EACH_PLACEMENT {
      const size_t n = lengths[l];
      start_case("random %s, %s, n %zu", name, name_of(type), n);
      const void *in = op == CK_RANDOM_DROPOUT ? placed(type, x, n, 1) : NULL;
      void *out = blank(type, n);
      if (RUN(USE(ck_random_op_for(table, op, type))(&state, settings, in, out, n)))
        expect_same(type, out, whole, n);
      if (op != CK_RANDOM_DROPOUT) continue;
      start_case("random %s, %s, n %zu, in place", name, name_of(type), n);
      out = placed(type, x, n, 1);
      if (RUN(ck_random_op_for(table, op, type)(&state, settings, out, out, n)))
        expect_same(type, out, whole, n);
    }
  // The baseline against formulas.
  if (type > CK_F64 || (op != CK_RANDOM_UNIFORM && op != CK_RANDOM_EXPONENTIAL)) return;
  for (size_t i = 0; i < WHOLE; i++) {
    const uint64_t bits = bits_of(&state, i, type);
    const double n = (double)(type == CK_F64 ? bits >> 11 : bits >> 8);
    expected[i] =
      op == CK_RANDOM_UNIFORM ? 2 * n * settings->scale : log_of_bits(bits, type) * settings->scale;
  }
  placement = first_placement();
  start_case("random %s, %s, formula", name, name_of(type));
  expect(type, whole, expected, 0, WHOLE, 4);
}

static void test_shuffle(void) {
  const ck_random state = {42, 9, 1600};
  for (size_t size = 4; size <= 8; size += 4) {
    const ck_shuffle *s = ck_shuffle_for(table, size),
                     *reference = ck_shuffle_for(ck_table_for(CK_ISA_BASELINE), size);
    for (size_t n = 1; n < 3000; n += 1 + n / 3)
      for (int32_t bits = 0; bits <= 8; bits += 4) EACH_PLACEMENT {
          start_case("shuffle of %zu bytes, n %zu, bits %d", size, n, bits);
          const size_t piles = (size_t)1 << bits;
          int64_t *sizes = operand(piles * 8), *places = operand(piles * 8);
          uint8_t *dealt = operand(n * size);
          memset(sizes, 0, piles * 8);
          if (!RUN(USE(s->count)(&state, bits, n, sizes))) continue;
          int64_t total = 0;
          for (size_t p = 0; p < piles; p++) places[p] = total, total += sizes[p];
          if ((size_t)total != n) report("the piles have %lld integers", (long long)total);
          if (!RUN(USE(s->deal)(&state, bits, 0, n, places, dealt))) continue;
          if (!RUN(USE(s->shuffle)(&state, dealt, n))) continue;
          // A permutation, and the one of the baseline.
          static uint8_t seen[4096], plain[4096 * 8];
          int64_t plain_places[256] = {0}, plain_sizes[256] = {0};
          memset(seen, 0, sizeof seen);
          for (size_t i = 0; i < n; i++) {
            const int64_t at = size == 4 ? ((int32_t *)dealt)[i] : ((int64_t *)dealt)[i];
            if (at < 0 || (size_t)at >= n || seen[at]++)
              report("%lld is not the place of one integer", (long long)at);
          }
          reference->count(&state, bits, n, plain_sizes);
          for (size_t p = 1; p < piles; p++)
            plain_places[p] = plain_places[p - 1] + plain_sizes[p - 1];
          reference->deal(&state, bits, 0, n, plain_places, plain);
          reference->shuffle(&state, plain, n);
          if (memcmp(plain, dealt, n * size) != 0) report("another order than the baseline's");
        }
  }
}

void test_random(void) {
#define ROW(name, op, type, factor, ...)                                                           \
  test_random_row(                                                                                 \
    name, op, type, &(ck_random_settings){.scale = factor, .most = INFINITY, __VA_ARGS__})
#define UNBOUNDED .least = -INFINITY
  for (ck_dtype type = CK_F32; type <= CK_F64; type++) {
    const double step = type == CK_F32 ? 0x1p-25 : 0x1p-54;
    ROW("uniform", CK_RANDOM_UNIFORM, type, step, UNBOUNDED);
    ROW("normal", CK_RANDOM_NORMAL, type, 1, UNBOUNDED);
    ROW("exponential", CK_RANDOM_EXPONENTIAL, type, 1, UNBOUNDED);
    ROW("truncated", CK_RANDOM_TRUNCATED, type, 1, UNBOUNDED, .low = -0.5, .high = 3);
    ROW(
      "truncated, flat", CK_RANDOM_TRUNCATED, type, 1, UNBOUNDED, .proposal = CK_PROPOSAL_UNIFORM,
      .high = 0.5, .step = step, .slope = 0.1);
    ROW(
      "truncated, tail", CK_RANDOM_TRUNCATED, type, 1, UNBOUNDED,
      .proposal = CK_PROPOSAL_EXPONENTIAL, .high = 2, .step = 0.3, .slope = -0.3, .shift = 0.045);
    ROW("dropout", CK_RANDOM_DROPOUT, type, 3, .least = -1, .base = 0.1, .threshold = 0x87654321);
  }
  ROW("bernoulli", CK_RANDOM_BERNOULLI, CK_BOOL, 1, .threshold = 0x43218765);
  ROW("integers", CK_RANDOM_INTEGERS, CK_I32, 1, .base = -9, .threshold = 1000);
  ROW("often rejected", CK_RANDOM_INTEGERS, CK_I32, 1, .threshold = (1ull << 31) + 1);
  ROW(
    "integers of 32 bits", CK_RANDOM_INTEGERS, CK_I32, 1, .base = INT32_MIN,
    .threshold = 1ull << 32);
#undef ROW
#undef UNBOUNDED
  test_shuffle();
}
