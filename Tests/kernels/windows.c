// Kernels over windows of images against plain loops: exactly on small integers, and Winograd's
// convolution within the rounding that it brings.
#include "harness.h"

static double x[MOST], y[MOST], expected[MOST], floors[MOST];
#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { CHANNELS = 2 };

static void fill_integers(double *to, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = (double)below(100) + 1;
}

// Square windows over images of any width, and then some windows over images of a fixed one, whose
// height and width differ.
enum { SETTINGS = 15, GEOMETRIES = SETTINGS + 4 };
static ck_windows geometry(ptrdiff_t width, size_t number) {
  static const ptrdiff_t settings[SETTINGS][4] = {
    {1, 1, 0, 1}, {2, 2, 0, 1}, {2, 2, 1, 1}, {3, 1, 1, 1}, {3, 2, 1, 1},
    {2, 3, 1, 1}, {3, 1, 2, 2}, {5, 1, 2, 1}, {2, 1, 0, 7}, {3, 3, 4, 4},
    {4, 1, 0, 1}, {4, 4, 0, 1}, {3, 1, 4, 1}, {7, 1, 3, 1}, {7, 2, 3, 1}};
  static const ck_windows fixed[GEOMETRIES - SETTINGS] = {
    // Fewer windows than fit.
    {.image = {9, 23}, .size = {2, 3}, .stride = {1, 2}, .padding = {0, 1}, .dilation = {3, 1},
     .count = {4, 10}},
    // Lines of windows share no pixels, columns do.
    {.image = {9, 23}, .size = {3, 3}, .stride = {2, 1}, .padding = {1, 1}, .dilation = {1, 1},
     .count = {5, 23}},
    // Blocks of stencils that no square has.
    {.image = {9, 23}, .size = {5, 7}, .stride = {1, 1}, .padding = {2, 3}, .dilation = {1, 1},
     .count = {9, 23}},
    {.image = {9, 23}, .size = {1, 5}, .stride = {1, 1}, .padding = {0, 2}, .dilation = {1, 1},
     .count = {9, 23}}};
  const ptrdiff_t *s = settings[number % SETTINGS];
  ck_windows w = {
    .image = {15, width},
    .size = {s[0], s[0]},
    .stride = {s[1], s[1]},
    .padding = {s[2], s[2]},
    .dilation = {s[3], s[3]}};
  if (number >= SETTINGS) w = fixed[number - SETTINGS];
  for (int a = 0; a < 2 && number < SETTINGS; a++) {
    const ptrdiff_t room = w.image[a] + 2 * w.padding[a] - w.dilation[a] * (w.size[a] - 1);
    w.count[a] = room < 1 ? 0 : (room - 1) / w.stride[a] + 1;
  }
  const ptrdiff_t lanes = (w.count[1] + 15) / 16 * 16;
  w.pitch = (lanes * w.stride[1] + (w.size[1] - 1) * w.dilation[1] + 15) / 16 * 16;
  return w;
}

// --- Maxima --------------------------------------------------------------------------------------

// Small images are taken by channels: a vector of them and some more.
static size_t channels_of(size_t pixels) { return pixels <= CK_SMALL_IMAGE ? 19 : CHANNELS; }

// The bytes of memory of a loop that needs so many, unless images are small.
static size_t scratch_of(ck_dtype type, size_t pixels, size_t windows, size_t bytes) {
  const size_t small = ck_small_image_bytes(pixels, windows, size_of(type));
  return small > bytes ? small : bytes;
}

static void test_maxima(ck_dtype type, const ck_windows *w) {
  const ck_pooling *loops = ck_pooling_for(table, type);
  const size_t pixels = (size_t)(w->image[0] * w->image[1]);
  const size_t windows = (size_t)(w->count[0] * w->count[1]);
  const size_t channels = channels_of(pixels), count = channels * windows;
  static double places[MOST];
  // Few values, so that many are equal, and all negative, so that padding would win.
  for (size_t i = 0; i < channels * pixels; i++) {
    const size_t pick = below(12);
    x[i] = pick == 0 ? NAN : pick < 3 ? -INFINITY : -1 - (double)(pick % 4);
  }
  int is_everywhere = 1;
  for (size_t i = 0; i < count; i++) {
    const double *image = x + i / windows * pixels;
    const ptrdiff_t row = (ptrdiff_t)(i % windows) / w->count[1],
                    column = (ptrdiff_t)(i % windows) % w->count[1];
    ptrdiff_t best = -1;
    for (ptrdiff_t ky = 0; ky < w->size[0]; ky++)
      for (ptrdiff_t kx = 0; kx < w->size[1]; kx++) {
        const ptrdiff_t at_y = row * w->stride[0] + ky * w->dilation[0] - w->padding[0];
        const ptrdiff_t at_x = column * w->stride[1] + kx * w->dilation[1] - w->padding[1];
        if (at_y < 0 || at_y >= w->image[0] || at_x < 0 || at_x >= w->image[1]) continue;
        const ptrdiff_t at = at_y * w->image[1] + at_x;
        if (best < 0 || (!isnan(image[best]) && (isnan(image[at]) || image[at] > image[best])))
          best = at;
      }
    is_everywhere &= best >= 0;
    places[i] = (double)best, expected[i] = best < 0 ? 0 : image[best];
  }
  const size_t lines = (size_t)(7 * w->stride[0] + (w->size[0] - 1) * w->dilation[0] + 1);
  for (int has_positions = 0; has_positions < 2; has_positions++) EACH_PLACEMENT {
      start_case(
        "maxima %s, image %td x %td, size %td, stride %td, padding %td, dilation %td, positions %d",
        name_of(type), w->image[0], w->image[1], w->size[1], w->stride[1], w->padding[1],
        w->dilation[1], has_positions);
      const void *images = placed(type, x, channels * pixels, 1);
      void *values = blank(type, count);
      int32_t *positions = has_positions ? blank(CK_I32, count) : NULL;
      void *scratch = operand(scratch_of(
        type, pixels, windows,
        lines * (size_t)w->pitch * size_of(type) +
          32 * (size_t)(w->size[0] * w->size[1] + w->count[1]) + 64));
      volatile int32_t result = 0;
      if (!RUN(result = USE(loops->maxima)(images, values, positions, w, scratch, channels)))
        continue;
      if ((result != 0) != is_everywhere) report("returned %d", result);
      if (!result || !is_everywhere) continue;
      expect(type, values, expected, 0, count, 0);
      // Of several NaN any.
      for (size_t i = 0; i < count && has_positions; i++) {
        const double *image = x + i / windows * pixels;
        if (
          positions[i] < 0 || (size_t)positions[i] >= pixels ||
          (isnan(expected[i]) ? !isnan(image[positions[i]]) : positions[i] != places[i])) {
          report("position %zu is %d, not %g", i, positions[i], places[i]);
          break;
        }
      }
    }
  // The transpose: sums at positions.
  fill_integers(y, count);
  memset(expected, 0, channels * pixels * sizeof *expected);
  for (size_t i = 0; i < count; i++) {
    places[i] = (double)below(pixels);
    expected[i / windows * pixels + (size_t)places[i]] += y[i];
  }
  EACH_PLACEMENT {
    start_case("spread of maxima %s, %zu windows, %zu pixels", name_of(type), windows, pixels);
    const void *values = placed(type, y, count, 1);
    const int32_t *positions = placed(CK_I32, places, count, 1);
    void *images = blank(type, channels * pixels);
    if (RUN(USE(loops->spread_maxima)(values, positions, images, windows, pixels, channels)))
      expect(type, images, expected, 0, channels * pixels, 0);
  }
}

// --- Means ---------------------------------------------------------------------------------------

// The windows of pooling along an axis: regular ones, of which some may lie outside, or those that
// cover it in nearly equal parts.
typedef struct {
  ck_axis axis;
  double firsts[128], elements[128], divisors[160];
} axis_windows;

static axis_windows regular_axis(
  ptrdiff_t size, ptrdiff_t start, ptrdiff_t step, ptrdiff_t most, ptrdiff_t reach) {
  axis_windows a = {
    .axis = {.size = size, .start = start, .step = step, .most = most, .reach = reach}};
  const ptrdiff_t room = size - 2 * start - (most - 1) * reach;
  a.axis.count = room < 1 ? 0 : (room - 1) / step + 1;
  for (ptrdiff_t j = 0; j < a.axis.count; j++) {
    ptrdiff_t first = -1, count = 0;
    for (ptrdiff_t i = 0; i < most; i++) {
      const ptrdiff_t at = start + j * step + i * reach;
      if (at < 0 || at >= size) continue;
      if (first < 0) first = at;
      count++;
    }
    a.firsts[j] = (double)(first < 0 ? 0 : first), a.elements[j] = (double)count,
    a.divisors[j] = (double)most;
  }
  return a;
}
static axis_windows adaptive_axis(ptrdiff_t size, ptrdiff_t count) {
  axis_windows a = {.axis = {.size = size, .count = count, .reach = 1, .most = 1}};
  for (ptrdiff_t j = 0; j < count; j++) {
    const ptrdiff_t first = j * size / count;
    a.firsts[j] = (double)first,
    a.elements[j] = (double)(((j + 1) * size + count - 1) / count - first);
    a.divisors[j] = a.elements[j];
  }
  return a;
}
// Places the tables of an axis.
static ck_axis place_axis(ck_dtype type, axis_windows *a) {
  ck_axis *axis = &a->axis;
  for (int i = 0; i < 16; i++) a->divisors[axis->count + i] = 1;
  axis->firsts = placed(CK_I32, a->firsts, (size_t)axis->count, 1);
  axis->elements = placed(CK_I32, a->elements, (size_t)axis->count, 1);
  axis->divisors = placed(type, a->divisors, (size_t)axis->count + 16, 1);
  ptrdiff_t length = axis->start + axis->count * axis->step + (axis->most - 1) * axis->reach + 1;
  if (length < axis->size) length = axis->size;
  axis->scratch = (axis->start < 0 ? -axis->start : 0) + (axis->most - 1) * axis->reach + length +
    16 * axis->step + 32;
  return *axis;
}

static void test_means(ck_dtype type, axis_windows *down, axis_windows *across) {
  const ck_pooling *loops = ck_pooling_for(table, type);
  const size_t pixels = (size_t)(down->axis.size * across->axis.size);
  const size_t windows = (size_t)(down->axis.count * across->axis.count);
  const size_t channels = channels_of(pixels), count = channels * windows;
  for (int spreads = 0; spreads < 2; spreads++) {
    numbers(type, ORDINARY, x, channels * pixels), numbers(type, ORDINARY, y, count);
    const size_t results = spreads ? channels * pixels : count;
    memset(expected, 0, results * sizeof *expected), memset(floors, 0, results * sizeof *floors);
    for (size_t i = 0; i < count; i++) {
      const ptrdiff_t row = (ptrdiff_t)(i % windows) / across->axis.count,
                      column = (ptrdiff_t)(i % windows) % across->axis.count;
      const double divisor = down->divisors[row] * across->divisors[column];
      for (ptrdiff_t ky = 0; ky < (ptrdiff_t)down->elements[row]; ky++)
        for (ptrdiff_t kx = 0; kx < (ptrdiff_t)across->elements[column]; kx++) {
          const size_t at = i / windows * pixels +
            (size_t)(((ptrdiff_t)down->firsts[row] + ky * down->axis.reach) * across->axis.size +
                     (ptrdiff_t)across->firsts[column] + kx * across->axis.reach);
          const double term = (spreads ? y[i] : x[at]) / divisor;
          expected[spreads ? at : i] += term, floors[spreads ? at : i] += 4;
        }
    }
    EACH_PLACEMENT {
      start_case(
        "%s of means %s, image %td x %td, windows %td x %td of %td, start %td, step %td, reach %td",
        spreads ? "spread" : "values", name_of(type), down->axis.size, across->axis.size,
        down->axis.count, across->axis.count, across->axis.most, across->axis.start,
        across->axis.step, across->axis.reach);
      ck_axis rows = place_axis(type, down), columns = place_axis(type, across);
      const void *from = placed(type, spreads ? y : x, spreads ? count : channels * pixels, 1);
      void *to = blank(type, results),
           *scratch = operand(
             scratch_of(type, pixels, windows, 5 * (size_t)columns.scratch * size_of(type)));
      const int is_run = spreads
        ? RUN(USE(loops->spread_means)(from, to, &rows, &columns, scratch, channels))
        : RUN(USE(loops->means)(from, to, &rows, &columns, scratch, channels));
      if (is_run) expect(type, to, expected, floors, results, 8);
    }
  }
}

// --- Products over windows -----------------------------------------------------------------------

static ck_planes planes_of(const ck_windows *w) {
  const ptrdiff_t reach[2] = {w->dilation[0] * (w->size[0] - 1), w->dilation[1] * (w->size[1] - 1)};
  return (ck_planes){
    .image = {w->image[0], w->image[1]},
    .first = {-w->padding[0], -w->padding[1]},
    .lines = (w->count[0] - 1) * w->stride[0] + reach[0] + 1,
    .step = w->stride[1],
    .pitch = w->count[1] + reach[1] / w->stride[1]};
}

static double planes[MOST], weights[MOST];

static void test_convolution(ck_dtype type, const ck_windows *w) {
  const ck_convolution *loops = ck_convolution_for(table, type);
  const ck_gemm *gemm = ck_gemm_for(table, type, CK_PRECISION_FLOAT32);
  const size_t size = size_of(type), panel = (size_t)loops->panel,
               pixels = (size_t)(w->image[0] * w->image[1]);
  const size_t windows = (size_t)(w->count[0] * w->count[1]),
               elements = (size_t)(w->size[0] * w->size[1]);
  const ck_planes layout = planes_of(w);
  const ptrdiff_t line = layout.step * layout.pitch, plane = layout.lines * line;
  const size_t plane_size = CHANNELS * (size_t)plane;
#define NAMED(what)                                                                                \
  start_case(                                                                                      \
    what " %s, image %td x %td, size %td, stride %td, padding %td, dilation %td", name_of(type),   \
    w->image[0], w->image[1], w->size[1], w->stride[1], w->padding[1], w->dilation[1])
  fill_integers(x, CHANNELS * pixels);
  size_t at = 0;
  for (ptrdiff_t c = 0; c < CHANNELS; c++)
    for (ptrdiff_t l = layout.first[0]; l < layout.first[0] + layout.lines; l++)
      for (ptrdiff_t phase = 0; phase < layout.step; phase++)
        for (ptrdiff_t i = 0; i < layout.pitch; i++) {
          const ptrdiff_t column = layout.first[1] + i * layout.step + phase;
          const int is_inside = l >= 0 && l < w->image[0] && column >= 0 && column < w->image[1];
          planes[at++] = is_inside ? x[(c * w->image[0] + l) * w->image[1] + column] : 0;
        }
  EACH_PLACEMENT {
    NAMED("planes");
    const void *images = placed(type, x, CHANNELS * pixels, 1);
    void *to = blank(type, plane_size);
    if (RUN(USE(loops->lay)(images, to, &layout, CHANNELS)))
      expect(type, to, planes, 0, plane_size, 0);
  }
  // The places in a plane of the elements of a window, and of the first pixels of windows.
  static ptrdiff_t columns[256], rows[4096];
#define PIXEL(ky, kx)                                                                              \
  ((ky) * w->dilation[0] * line + (kx) * w->dilation[1] % layout.step * layout.pitch +             \
   (kx) * w->dilation[1] / layout.step)
  const size_t depth = CHANNELS * elements,
               whole =
                 (windows + (size_t)loops->rows - 1) / (size_t)loops->rows * (size_t)loops->rows;
  for (size_t p = 0; p < depth; p++)
    columns[p] = (ptrdiff_t)(p / elements) * plane +
      PIXEL((ptrdiff_t)(p % elements) / w->size[1], (ptrdiff_t)(p % elements) % w->size[1]);
  for (size_t i = 0; i < whole; i++) {
    const ptrdiff_t window = (ptrdiff_t)(i < windows ? i : windows - 1);
    rows[i] = window / w->count[1] * w->stride[0] * line + window % w->count[1];
  }
  const size_t counts[] = {1, (size_t)loops->lanes, panel - 1, panel};
  for (size_t k = 0; k < COUNT(counts); k++) {
    const size_t count = counts[k];
    static double start[64];
    fill_integers(weights, count * depth), fill_integers(start, panel);
    for (size_t j = 0; j < count; j++)
      for (size_t i = 0; i < windows; i++) {
        double sum = start[j];
        for (size_t p = 0; p < depth; p++)
          sum += planes[rows[i] + columns[p]] * weights[j * depth + p];
        expected[j * windows + i] = sum;
      }
    EACH_PLACEMENT {
      NAMED("products over windows");
      const void *x_of = placed(type, planes, plane_size, 1),
                 *weight = placed(type, weights, count * depth, 1);
      const void *first = placed(type, start, panel, 1);
      uint8_t *packed = operand(depth * panel * size), *sums = operand(whole * panel * size);
      ptrdiff_t *row = operand(whole * sizeof *rows), *column = operand(depth * sizeof *columns);
      memcpy(row, rows, whole * sizeof *rows), memcpy(column, columns, depth * sizeof *columns);
      if (!RUN(gemm->pack_b(weight, 1, (ptrdiff_t)depth, depth, count, packed))) continue;
      const size_t half = depth / 2;
      if (!RUN(
            USE(loops->multiply)(windows, count, half, x_of, row, column, packed, first, sums, 0)))
        continue;
      if (!RUN(loops->multiply(
            windows, count, depth - half, x_of, row, column + half, packed + half * panel * size,
            first, sums, 1)))
        continue;
      // Lines without gaps, those of every other column, and lines with gaps in planes that share
      // few places of a cache.
      for (int form = 0; form < 3; form++) {
        const ptrdiff_t step = form == 1 ? 2 : 1, lines = w->count[0];
        const ptrdiff_t result_line = w->count[1] * step + (form == 2 ? 3 : 0);
        const ptrdiff_t unit = form == 2 ? 2048 / (ptrdiff_t)size : 1;
        const ptrdiff_t result_plane = (lines * result_line + unit - 1) / unit * unit;
        const size_t places = count * (size_t)result_plane;
        uint8_t *stored = blank(type, places), *before = blank(type, places);
        static uint8_t is_written[4096 * 64];
        if (places > sizeof is_written) abort();
        memset(is_written, 0, places);
        if (!RUN(USE(loops->store)(
              sums, count, (size_t)lines, (size_t)w->count[1], stored, result_plane, result_line,
              step)))
          continue;
        for (size_t i = 0; i < count * windows; i++) {
          const ptrdiff_t channel = (ptrdiff_t)(i / windows), window = (ptrdiff_t)(i % windows);
          const ptrdiff_t place = channel * result_plane + window / w->count[1] * result_line +
            window % w->count[1] * step;
          is_written[place] = 1;
          if (!expect(type, stored + place * (ptrdiff_t)size, expected + i, 0, 1, 0.5)) break;
        }
        // What lies between belongs to others.
        for (size_t i = 0; i < places; i++)
          if (!is_written[i] && memcmp(stored + i * size, before + i * size, size) != 0) {
            report("element %zu, which is no window, is written", i);
            break;
          }
      }
    }
  }
  // Elements whose columns are in one phase.
  ptrdiff_t across[16], across_count = 0;
  for (ptrdiff_t kx = 0; kx < w->size[1]; kx++)
    if (kx * w->dilation[1] % layout.step == 0) across[across_count++] = kx;
  const size_t weight_count = (size_t)(w->size[0] * across_count);
  fill_integers(weights, weight_count), fill_integers(y, windows);
  for (ptrdiff_t step = 1; step <= 3; step += 2) {
    // On a plane, and on the image itself, whose windows reach beyond it.
    const ck_stencil of_plane = {
      .lines = w->size[0],
      .columns = across_count,
      .line = w->dilation[0] * line,
      .column = across_count > 1 ? PIXEL(0, across[1]) : 1,
      .weight_line = across_count,
      .weight_column = 1,
      .height = (size_t)w->count[0],
      .width = (size_t)w->count[1],
      .x_line = w->stride[0] * line,
      .y_line = w->count[1] * step,
      .step = step,
      .end_line = layout.lines * line,
      .end_column = layout.pitch};
    ck_stencil of_image = of_plane;
    of_image.line = w->dilation[0] * w->image[1];
    of_image.x_line = w->stride[0] * w->image[1];
    of_image.first_line = -layout.first[0] * w->image[1];
    of_image.end_line = (w->image[0] - layout.first[0]) * w->image[1];
    of_image.first_column = -layout.first[1];
    of_image.end_column = w->image[1] - layout.first[1];
    double sums[64];
    for (size_t e = 0; e < weight_count; e++) sums[e] = 1;
    for (size_t i = 0; i < windows; i++) {
      expected[i] = 5;
      for (size_t e = 0; e < weight_count; e++) {
        const double pixel =
          planes[rows[i] + PIXEL((ptrdiff_t)e / across_count, across[(ptrdiff_t)e % across_count])];
        expected[i] += pixel * weights[e], sums[e] += pixel * y[i];
      }
    }
    for (int clips = 0; clips <= (loops->clips && layout.step == 1); clips++) EACH_PLACEMENT {
      NAMED("stencil");
      const ck_stencil stencil = clips ? of_image : of_plane;
      // One plane or image: the pixels of the windows and no more.
#define PIXELS                                                                                     \
  (clips ? (uint8_t *)placed(type, x, pixels, 1) +                                                 \
             (layout.first[0] * w->image[1] + layout.first[1]) * (ptrdiff_t)size                   \
         : placed(type, planes, (size_t)plane, 1))
      const void *pixels_of = PIXELS, *weight = placed(type, weights, weight_count, 1);
      const double five = 5;
      const void *first = placed(type, &five, 1, 1);
      uint8_t *out = blank(type, (windows - 1) * (size_t)step + 1);
      if (!RUN(USE(loops->apply_stencil)(&stencil, pixels_of, weight, out, first))) continue;
      for (size_t i = 0; i < windows; i++)
        if (!expect(type, out + i * (size_t)step * size, expected + i, 0, 1, 0.5)) break;
      if (!RUN(loops->apply_stencil(&stencil, pixels_of, weight, out, NULL))) continue;
      for (size_t i = 0; i < windows; i++) {
        const double twice = 2 * expected[i] - 5;
        if (!expect(type, out + i * (size_t)step * size, &twice, 0, 1, 0.5)) break;
      }
      if (step > 1) continue;
      NAMED("correlation");
      pixels_of = PIXELS;
      const void *slopes = placed(type, y, windows, 1);
      const double one[64] = {[0 ... 63] = 1};
      void *total = placed(type, one, weight_count, 1);
      if (RUN(USE(loops->correlate)(&stencil, pixels_of, slopes, total)))
        expect(type, total, sums, 0, weight_count, 0.5);
    }
  }
#undef NAMED
#undef PIXELS
#undef PIXEL
}

// --- Winograd ------------------------------------------------------------------------------------

// The layout of an image in tiles of 4 x 4 pixels, with some more around all of them.
static ck_planes tiles_of(size_t height, size_t width, ptrdiff_t border) {
  return (ck_planes){
    .image = {(ptrdiff_t)height, (ptrdiff_t)width},
    .first = {-border, -border},
    .lines = (ptrdiff_t)((height + 3) / 4 * 4) + 2 * border,
    .step = 1,
    .pitch = (ptrdiff_t)((width + 3) / 4 * 4) + 2 * border};
}

static void test_winograd(
  size_t height, size_t width, size_t channels, int is_reversed, int has_start) {
  const ck_winograd *loops = ck_winograd_for(table);
  const ck_convolution *convolution = ck_convolution_for(table, CK_F32);
  const size_t lanes = (size_t)convolution->lanes, panel = (size_t)convolution->panel;
  const size_t pitch = (channels + lanes - 1) / lanes * lanes, pixels = height * width;
  const size_t down = (height + 3) / 4, across = (width + 3) / 4, tiles = down * across;
  // Windows of 3 x 3 pixels, one for each pixel.
  const ck_planes layout = tiles_of(height, width, 1);
  const size_t line = (size_t)layout.pitch * pitch;
  static double filter[MOST], start[64];
  numbers(CK_F32, ORDINARY, x, channels * pixels),
    numbers(CK_F32, ORDINARY, filter, channels * 9 * panel);
  numbers(CK_F32, ORDINARY, start, panel);
  for (size_t i = 0; i < pixels; i++)
    for (size_t j = 0; j < panel; j++) {
      double sum = has_start ? start[j] : 0, magnitude = fabs(sum);
      for (size_t c = 0; c < channels; c++)
        for (int e = 0; e < 9; e++) {
          const ptrdiff_t at_y = (ptrdiff_t)(i / width) + e / 3 - 1,
                          at_x = (ptrdiff_t)(i % width) + e % 3 - 1;
          if (at_y < 0 || at_y >= (ptrdiff_t)height || at_x < 0 || at_x >= (ptrdiff_t)width)
            continue;
          const double pixel = x[c * pixels + (size_t)at_y * width + (size_t)at_x];
          sum += pixel * filter[(c * 9 + (size_t)(is_reversed ? 8 - e : e)) * panel + j];
        }
      expected[i * panel + j] = sum, floors[i * panel + j] = magnitude + (double)channels * 9 * 16;
    }
  EACH_PLACEMENT {
    start_case(
      "winograd %zu x %zu, %zu channels, reversed %d, start %d", height, width, channels,
      is_reversed, has_start);
    const void *images = placed(CK_F32, x, channels * pixels, 1),
               *packed = placed(CK_F32, filter, channels * 9 * panel, 1);
    const void *first = has_start ? placed(CK_F32, start, panel, 1) : NULL;
    float *laid = operand((size_t)layout.lines * line * 4);
    const size_t of_pixels = tiles * pitch + lanes, of_weights = channels * panel + panel,
                 of_products = tiles * panel + panel;
    float *transformed = operand((35 * of_pixels + tiles * pitch) * 4),
          *factors = operand((35 * of_weights + channels * panel) * 4);
    float *products = operand((35 * of_products + tiles * panel) * 4),
          *out = blank(CK_F32, pixels * panel);
    if (!RUN(USE(loops->lay)(images, laid, &layout, channels, pitch))) continue;
    if (!RUN(USE(loops->pixels)(laid, transformed, down, across, line, pitch, of_pixels))) continue;
    if (!RUN(USE(loops->weights)(packed, factors, channels, of_weights, is_reversed))) continue;
    for (size_t k = 0; k < 36; k++)
      for (size_t t = 0; t < tiles; t++)
        for (size_t j = 0; j < panel; j++) {
          double sum = 0;
          for (size_t c = 0; c < channels; c++)
            sum += (double)transformed[k * of_pixels + t * pitch + c] *
              (double)factors[k * of_weights + c * panel + j];
          products[k * of_products + t * panel + j] = (float)sum;
        }
    if (RUN(USE(loops->results)(products, first, out, across, height, width, of_products)))
      expect(CK_F32, out, expected, floors, pixels * panel, 32);
  }
}

// The gradient of the weights of a panel, for windows as above.
static void test_winograd_gradient(size_t height, size_t width, size_t channels, size_t used) {
  const ck_winograd *loops = ck_winograd_for(table);
  const ck_convolution *convolution = ck_convolution_for(table, CK_F32);
  const size_t lanes = (size_t)convolution->lanes, panel = (size_t)convolution->panel;
  const size_t pitch = (channels + lanes - 1) / lanes * lanes, pixels = height * width;
  const size_t slope_pitch = (used + lanes - 1) / lanes * lanes;
  const size_t down = (height + 3) / 4, across = (width + 3) / 4, tiles = down * across;
  const ck_planes layout = tiles_of(height, width, 1), of_slopes = tiles_of(height, width, 0);
  static double slope[MOST];
  numbers(CK_F32, ORDINARY, x, channels * pixels);
  numbers(CK_F32, ORDINARY, slope, used * pixels);
  for (size_t c = 0; c < channels; c++)
    for (size_t e = 0; e < 9; e++)
      for (size_t j = 0; j < panel; j++) {
        double sum = 0;
        for (size_t i = 0; j < used && i < pixels; i++) {
          const ptrdiff_t at_y = (ptrdiff_t)(i / width) + (ptrdiff_t)(e / 3) - 1,
                          at_x = (ptrdiff_t)(i % width) + (ptrdiff_t)(e % 3) - 1;
          if (at_y < 0 || at_y >= (ptrdiff_t)height || at_x < 0 || at_x >= (ptrdiff_t)width)
            continue;
          sum += x[c * pixels + (size_t)at_y * width + (size_t)at_x] * slope[j * pixels + i];
        }
        expected[(c * 9 + e) * panel + j] = sum;
        floors[(c * 9 + e) * panel + j] = (double)pixels * 16;
      }
  EACH_PLACEMENT {
    start_case("winograd gradient %zu x %zu, %zu to %zu channels", height, width, channels, used);
    float *laid = operand((size_t)(layout.lines * layout.pitch) * pitch * 4),
          *laid_slopes = operand((size_t)(of_slopes.lines * of_slopes.pitch) * slope_pitch * 4);
    const size_t of_pixels = tiles * pitch + lanes, of_factors = tiles * panel + panel,
                 of_sums = channels * panel + panel;
    float *transformed = operand((35 * of_pixels + tiles * pitch) * 4),
          *factors = operand((35 * of_factors + tiles * panel) * 4),
          *sums = operand((35 * of_sums + channels * panel) * 4),
          *out = blank(CK_F32, channels * 9 * panel);
    const void *images = placed(CK_F32, x, channels * pixels, 1),
               *slopes = placed(CK_F32, slope, used * pixels, 1);
    if (!RUN(USE(loops->lay)(images, laid, &layout, channels, pitch))) continue;
    if (!RUN(USE(loops->lay)(slopes, laid_slopes, &of_slopes, used, slope_pitch))) continue;
    if (!RUN(USE(loops->pixels)(
          laid, transformed, down, across, (size_t)layout.pitch * pitch, pitch, of_pixels)))
      continue;
    if (!RUN(USE(loops->slopes)(
          laid_slopes, factors, down, across, (size_t)of_slopes.pitch * slope_pitch, slope_pitch,
          used, of_factors)))
      continue;
    for (size_t k = 0; k < 36; k++)
      for (size_t c = 0; c < channels; c++)
        for (size_t j = 0; j < panel; j++) {
          double sum = 0;
          for (size_t t = 0; j < used && t < tiles; t++)
            sum += (double)transformed[k * of_pixels + t * pitch + c] *
              (double)factors[k * of_factors + t * panel + j];
          sums[k * of_sums + c * panel + j] = (float)sum;
        }
    if (RUN(USE(loops->gradient)(sums, out, channels, of_sums)))
      expect(CK_F32, out, expected, floors, channels * 9 * panel, 32);
  }
}

void test_windows(void) {
  static const ptrdiff_t widths[] = {1, 2, 5, 14, 16, 17, 35, 64};
  for (ck_dtype type = CK_F32; type <= CK_F64; type++) {
    for (size_t v = 0; v < COUNT(widths); v++)
      for (size_t number = 0; number < GEOMETRIES; number++) {
        if (number >= SETTINGS && v > 0) break;
        const ck_windows w = geometry(widths[v], number);
        if (w.count[0] < 1 || w.count[1] < 1) continue;
        test_maxima(type, &w);
        test_convolution(type, &w);
      }
    static const ptrdiff_t axes[][4] = {{0, 1, 1, 1},  {0, 2, 2, 1}, {0, 4, 4, 1},  {-1, 1, 3, 1},
                                        {-1, 2, 3, 1}, {0, 1, 3, 2}, {-2, 3, 5, 1}, {-2, 1, 5, 1},
                                        {0, 3, 2, 2},  {0, 8, 8, 1}, {0, 2, 4, 1},  {0, 5, 5, 1}};
    for (size_t v = 0; v < COUNT(widths); v++) {
      for (size_t number = 0; number < COUNT(axes); number++) {
        axis_windows down =
          regular_axis(15, axes[number][0], axes[number][1], axes[number][2], axes[number][3]);
        axis_windows across = regular_axis(
          widths[v], axes[number][0], axes[number][1], axes[number][2], axes[number][3]);
        if (down.axis.count > 0 && across.axis.count > 0) test_means(type, &down, &across);
        axis_windows uneven = adaptive_axis(15, 4);
        if (across.axis.count > 0) test_means(type, &uneven, &across);
      }
      for (ptrdiff_t count = 1; count <= widths[v] && count < 8; count += 2) {
        axis_windows down = adaptive_axis(7, 3), across = adaptive_axis(widths[v], count);
        test_means(type, &down, &across);
      }
    }
  }
  for (size_t height = 1; height <= 9; height += 4)
    for (size_t width = 3; width <= 13; width += 5)
      for (size_t channels = 1; channels <= 19; channels += 6)
        for (int form = 0; form < 4; form++)
          test_winograd(height, width, channels, form & 1, form >> 1);
  for (size_t height = 1; height <= 9; height += 4)
    for (size_t width = 3; width <= 13; width += 5)
      for (size_t channels = 1; channels <= 19; channels += 6)
        for (size_t used = 1; used <= 8; used += 7)
          test_winograd_gradient(height, width, channels, used);
}
