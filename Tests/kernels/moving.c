// Kernels that move elements, and those that read and write at positions: compared exactly.
#include "harness.h"

static double x[MOST], expected[MOST];
#define COUNT(array) (sizeof(array) / sizeof *(array))

// The types that stand for the sizes of elements, of 1, 4 and 8 bytes.
static const ck_dtype sized[] = {CK_BOOL, CK_I32, CK_F64};

static void test_transpose(ck_dtype type) {
  static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 65, 130};
  ck_transpose_fn f = USE(ck_transpose(table, size_of(type)));
  for (size_t r = 0; r < COUNT(sizes); r++)
    for (size_t c = 0; c < COUNT(sizes); c++)
      for (size_t form = 0; form < 3; form++) {
        const size_t rows = sizes[r], columns = sizes[c];
        // Rows without gaps, with some, and at distances of 1024 bytes of both matrices.
        const size_t unit = 1024 / size_of(type), longest = rows > columns ? rows : columns;
        const size_t distance = (longest + unit - 1) / unit * unit;
        numbers(type, ORDINARY, x, rows * columns);
        EACH_PLACEMENT {
          start_case("transpose %s, %zu x %zu, form %zu", name_of(type), rows, columns, form);
          const ptrdiff_t from_step = (ptrdiff_t)(form == 2 ? distance : columns + 3 * form),
                          to_step = (ptrdiff_t)(form == 2 ? distance : rows + 3 * form);
          const void *from = placed_rows(type, x, rows, columns, from_step);
          void *to = blank(type, (columns - 1) * (size_t)to_step + rows);
          if (!RUN(f(from, from_step, to, to_step, rows, columns))) continue;
          for (size_t j = 0; j < columns; j++) {
            for (size_t i = 0; i < rows; i++) expected[i] = x[i * columns + j];
            const uint8_t *row = (uint8_t *)to + j * (size_t)to_step * size_of(type);
            if (!expect(type, row, expected, 0, rows, 0)) break;
          }
        }
      }
}

static void test_copy(ck_dtype type) {
  static const ptrdiff_t steps[] = {1, 0, 2, -1, -3};
  ck_copy_fn f = USE(ck_copy(table, size_of(type)));
  for (size_t n = 0; n < 70; n += 1 + n / 8)
    for (size_t s = 0; s < COUNT(steps); s++)
      for (size_t t = 0; t < COUNT(steps); t++) {
        const ptrdiff_t sx = steps[s], sy = steps[t] ? steps[t] : 5;
        numbers(type, ORDINARY, x, n + 1);
        EACH_PLACEMENT {
          start_case("copy %s, n %zu, steps %td, %td", name_of(type), n, sx, sy);
          const void *from = placed(type, x, n, sx);
          const size_t reach = n ? (n - 1) * (size_t)labs(sy) : 0;
          uint8_t *to = blank(type, n ? reach + 1 : 0);
          if (sy < 0) to += reach * size_of(type);
          if (!RUN(f(from, sx, to, sy, n))) continue;
          for (size_t i = 0; i < n; i++) {
            expected[0] = x[sx ? i : 0];
            if (!expect(type, to + (ptrdiff_t)i * sy * (ptrdiff_t)size_of(type), expected, 0, 1, 0))
              break;
          }
        }
      }
}

// Permutations of the axes of arrays, padded or not.
static void test_move(ck_dtype type) {
  ck_move_fn f = USE(ck_move(table, size_of(type)));
  for (int round = 0; round < 200; round++) {
    ck_level levels[CK_MAX_LEVELS];
    const size_t depth = 1 + below(5);
    size_t order[CK_MAX_LEVELS], n = 1;
    for (size_t d = 0; d < depth; d++) {
      levels[d].size = 1 + below(depth < 3 ? 40 : 9);
      order[d] = d, n *= levels[d].size;
    }
    for (size_t d = depth; d > 1; d--) {
      const size_t other = below(d), last = order[d - 1];
      order[d - 1] = order[other], order[other] = last;
    }
    if (n > MOST / 8) continue;
    // The source is contiguous in order of the levels, the target in another.
    ptrdiff_t step = 1 + (ptrdiff_t)below(2), from_size, to_size;
    for (size_t d = depth; d-- > 0;) levels[d].from = step, step *= (ptrdiff_t)levels[d].size;
    from_size = step, step = 1;
    for (size_t d = depth; d-- > 0;)
      levels[order[d]].to = step, step *= (ptrdiff_t)levels[order[d]].size;
    to_size = step;
    numbers(type, ORDINARY, x, (size_t)from_size);
    EACH_PLACEMENT {
      start_case("move %s, %zu levels, %zu elements", name_of(type), depth, n);
      const void *from = placed(type, x, (size_t)from_size, 1);
      void *to = blank(type, (size_t)to_size);
      if (!RUN(f(levels, depth, from, to))) continue;
      for (size_t i = 0; i < n; i++) {
        size_t rest = i;
        ptrdiff_t at = 0, place = 0;
        for (size_t d = depth; d-- > 0; rest /= levels[d].size) {
          at += (ptrdiff_t)(rest % levels[d].size) * levels[d].from;
          place += (ptrdiff_t)(rest % levels[d].size) * levels[d].to;
        }
        expected[place] = x[at];
      }
      expect(type, to, expected, 0, n, 0);
    }
  }
}

static void test_ramp(ck_dtype type) {
  ck_ramp_fn f = USE(ck_ramp(table, type));
  for (size_t n = 0; n < 70; n++) {
    const double start = type == CK_BOOL ? 1 : -7,
                 step = type == CK_BOOL ? 0
      : type == CK_I32                  ? 3
                                        : 0.37;
    const double first = (double)below(9);
    for (size_t i = 0; i < n; i++) expected[i] = rounded(type, start + (first + (double)i) * step);
    EACH_PLACEMENT {
      start_case("ramp %s, n %zu", name_of(type), n);
      void *y = blank(type, n);
      if (RUN(f(start, step, first, y, n))) expect(type, y, expected, 0, n, 1);
    }
  }
}

void test_moving(void) {
  for (size_t t = 0; t < COUNT(sized); t++) {
    test_transpose(sized[t]);
    test_copy(sized[t]);
    test_move(sized[t]);
  }
  for (ck_dtype type = 0; type < CK_DTYPE_COUNT; type++) test_ramp(type);
}

// --- Indexing ------------------------------------------------------------------------------------

// Geometries of one axis: blocks, positions, size and inner elements; whether the positions belong
// to every block and to every column.
typedef struct {
  size_t blocks, length, size, inner;
  int by_block, by_column;
} geometry;

static geometry next_geometry(void) {
  static const size_t inners[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 33, 70};
  return (geometry){1 + below(3),  1 + below(9), 1 + below(9), inners[below(COUNT(inners))],
                    (int)below(2), (int)below(2)};
}

static size_t position_count(const geometry *g) {
  return (g->by_block ? g->blocks : 1) * g->length * (g->by_column ? g->inner : 1);
}
// Places the positions and describes them.
static ck_indexing place_positions(const geometry *g, const double *positions) {
  const size_t columns = g->by_column ? g->inner : 1;
  return (ck_indexing){
    placed(CK_I32, positions, position_count(g), 1),
    g->length,
    g->size,
    g->inner,
    g->by_block ? g->length * columns : 0,
    columns,
    (size_t)g->by_column};
}
static size_t position_at(
  const geometry *g, const double *positions, size_t b, size_t i, size_t j) {
  const size_t columns = g->by_column ? g->inner : 1;
  return (
    size_t)positions[((g->by_block ? b : 0) * g->length + i) * columns + (g->by_column ? j : 0)];
}

static double positions[4096], start[MOST];

static void test_take_and_put(void) {
  for (int round = 0; round < 600; round++) {
    const geometry g = next_geometry();
    for (size_t i = 0; i < position_count(&g); i++) positions[i] = (double)below(g.size);
    const size_t rows = g.blocks * g.length, whole = g.blocks * g.size * g.inner;
    for (size_t t = 0; t < COUNT(sized); t++) {
      const ck_dtype type = sized[t];
      numbers(type, ORDINARY, x, whole);
      const size_t first = below(rows), end = first + 1 + below(rows - first);
      for (size_t row = 0; row < rows; row++)
        for (size_t j = 0; j < g.inner; j++)
          expected[row * g.inner + j] =
            x[(row / g.length * g.size +
               position_at(&g, positions, row / g.length, row % g.length, j)) *
                g.inner +
              j];
      EACH_PLACEMENT {
        start_case(
          "take %s, %zu blocks of %zu from %zu by %zu, rows %zu to %zu", name_of(type), g.blocks,
          g.length, g.size, g.inner, first, end);
        const ck_indexing s = place_positions(&g, positions);
        const void *from = placed(type, x, whole, 1);
        void *y = blank(type, rows * g.inner);
        if (RUN(USE(ck_take(table, size_of(type)))(&s, from, y, first, end)))
          expect(
            type, (uint8_t *)y + first * g.inner * size_of(type), expected + first * g.inner, 0,
            (end - first) * g.inner, 0);
      }
      numbers(type, ORDINARY, x, rows * g.inner);
      const size_t block = below(g.blocks), left = below(g.inner),
                   right = left + 1 + below(g.inner - left);
      for (int adds = 0; adds < 2; adds++) {
        const ck_dtype kind = adds && t == 0 ? CK_F32 : type;
        ck_put_fn f = adds ? USE(ck_put_sum(table, kind)) : USE(ck_put(table, size_of(kind)));
        if (adds) numbers(kind, INTEGERS, x, rows * g.inner);
        numbers(kind, INTEGERS, start, whole);
        memcpy(expected, start, whole * sizeof *start);
        for (size_t i = 0; i < g.length; i++)
          for (size_t j = left; j < right; j++) {
            double *at =
              expected + (block * g.size + position_at(&g, positions, block, i, j)) * g.inner + j;
            const double value = x[(block * g.length + i) * g.inner + j];
            *at = adds ? *at + value : value;
          }
        EACH_PLACEMENT {
          start_case(
            "put%s %s, %zu blocks of %zu to %zu by %zu, columns %zu to %zu", adds ? " sum" : "",
            name_of(kind), g.blocks, g.length, g.size, g.inner, left, right);
          const ck_indexing s = place_positions(&g, positions);
          const void *from = placed(kind, x, rows * g.inner, 1);
          void *y = placed(kind, start, whole, 1);
          // Zeros may differ in their sign: sums of -0 and 0.
          if (RUN(f(&s, from, y, block, left, right)))
            expect(kind, y, expected, 0, whole, adds ? 0.5 : 0);
        }
      }
    }
  }
}

static void test_blend(void) {
  static double low[64], high[64], lower[64], upper[64], floors[MOST];
  for (int round = 0; round < 400; round++) {
    const size_t blocks = 1 + below(11), length = 1 + below(20), size = 1 + below(20);
    static const size_t inners[] = {1, 2, 4, 7, 8, 16, 17, 33};
    const size_t inner = inners[below(COUNT(inners))];
    const int has_upper = (int)below(2);
    for (ck_dtype type = CK_F32; type <= CK_F64; type++)
      for (int spreads = 0; spreads < 2; spreads++) {
        numbers(type, ORDINARY, low, length), numbers(type, ORDINARY, high, length);
        for (size_t i = 0; i < length; i++)
          lower[i] = (double)below(size), upper[i] = (double)below(size);
        const size_t from_size = blocks * (spreads ? length : size) * inner;
        const size_t to_size = blocks * (spreads ? size : length) * inner;
        numbers(type, ORDINARY, x, from_size);
        memset(expected, 0, to_size * sizeof *expected);
        memset(floors, 0, to_size * sizeof *floors);
        for (size_t b = 0; b < blocks; b++)
          for (size_t i = 0; i < length; i++)
            for (size_t j = 0; j < inner; j++)
              for (int k = 0; k <= has_upper; k++) {
                const size_t at = (b * size + (size_t)(k ? upper : lower)[i]) * inner + j;
                const size_t row = (b * length + i) * inner + j;
                const double weight = has_upper ? (k ? high : low)[i] : 1;
                const double term = x[spreads ? row : at] * weight;
                expected[spreads ? at : row] += term;
                floors[spreads ? at : row] += fabs(term);
              }
        EACH_PLACEMENT {
          start_case(
            "%s %s, %zu blocks, %zu of %zu by %zu, %s", spreads ? "spread" : "blend", name_of(type),
            blocks, length, size, inner, has_upper ? "two" : "one");
          ck_blending s = {
            placed(CK_I32, lower, length, 1),
            has_upper ? placed(CK_I32, upper, length, 1) : NULL,
            has_upper ? placed(type, low, length, 1) : NULL,
            has_upper ? placed(type, high, length, 1) : NULL,
            length,
            size,
            inner};
          const void *from = placed(type, x, from_size, 1);
          void *y = blank(type, to_size);
          ck_blend_fn f = spreads ? USE(ck_spread(table, type)) : USE(ck_blend(table, type));
          if (RUN(f(&s, from, y, 0, blocks))) expect(type, y, expected, floors, to_size, 24);
        }
      }
  }
}

// The functions of positions and masks, which every table shares.
static void test_masks(void) {
  for (size_t n = 0; n < 300; n += 1 + n / 9) EACH_PLACEMENT {
      numbers(CK_BOOL, ORDINARY, x, n);
      size_t count = 0;
      for (size_t i = 0; i < n; i++)
        if (x[i]) expected[count++] = (double)(i + 5);
      start_case("count of true, n %zu", n);
      const uint8_t *mask = placed(CK_BOOL, x, n, 1);
      size_t counted = 0;
      if (RUN(counted = ck_count_true(mask, n)) && counted != count) report("counted %zu", counted);
      start_case("positions of true, n %zu", n);
      mask = placed(CK_BOOL, x, n, 1);
      int32_t *found = blank(CK_I32, count);
      if (RUN(ck_true_positions(mask, 5, count, found)))
        expect(CK_I32, found, expected, 0, count, 0);
      for (size_t i = 0; i < n; i++) x[i] = (double)below(7);
      start_case("count of bins, n %zu", n);
      const int32_t *bins = placed(CK_I32, x, n, 1);
      memset(expected, 0, 7 * sizeof *expected);
      for (size_t i = 0; i < n; i++) expected[(size_t)x[i]]++;
      int32_t *counts = blank(CK_I32, 7);
      memset(counts, 0, 28);
      if (RUN(ck_count_bins(bins, n, counts))) expect(CK_I32, counts, expected, 0, 7, 0);
      const size_t wrong = below(n + 1);
      if (wrong < n) x[wrong] = below(2) ? -1 : 7;
      start_case("first outside, n %zu", n);
      bins = placed(CK_I32, x, n, 1);
      size_t first = 0;
      if (RUN(first = ck_first_outside(bins, n, 7)) && first != wrong)
        report("%zu, not %zu", first, wrong);
    }
}

void test_indexing(void) {
  test_take_and_put();
  test_blend();
  test_masks();
}
