// The detection of the processor's instruction sets, and access to their tables.

#include "CKernels.h"

#include "table.h"

#if defined(__x86_64__)
#include <cpuid.h>

// Returns the register states that the operating system has enabled. The processor is queried
// directly, because __builtin_cpu_supports needs a runtime library that not every linker provides.
static uint64_t enabled_states(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

ck_isa ck_best_isa(void) {
  const uint32_t fma = 1u << 12, saves_states = 1u << 27, avx = 1u << 28;
  const uint32_t bmi1 = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8;
  const uint32_t avx512f = 1u << 16, avx512dq = 1u << 17, avx512bw = 1u << 30, avx512vl = 1u << 31;
  const uint32_t basic = fma | saves_states | avx, extended = bmi1 | avx2 | bmi2;
  const uint32_t wide = avx512f | avx512dq | avx512bw | avx512vl;
  // The registers that the operating system must preserve: SSE and AVX, and those of AVX-512.
  const uint64_t avx_state = 0x6, avx512_state = 0xe6;

  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & basic) != basic) return CK_ISA_BASELINE;
  const uint64_t states = enabled_states();
  if ((states & avx_state) != avx_state) return CK_ISA_BASELINE;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & extended) != extended)
    return CK_ISA_BASELINE;
  return (b & wide) == wide && (states & avx512_state) == avx512_state ? CK_ISA_AVX512
                                                                       : CK_ISA_AVX2;
}

// Whether the table's product of pairs is that of an instruction which the processor has.
static int multiplies_pairs(const ck_table *table) {
  const uint32_t avx512_bf16 = 1u << 5;
  // Asking takes long in a virtual machine: 0 before the first time, then 1 or 2.
  static _Atomic(int) answer;
  if (table != &ck_table_avx512) return 0;
  if (answer == 0) {
    uint32_t a, b, c, d;
    answer = __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & avx512_bf16) ? 2 : 1;
  }
  return answer == 2;
}
#else
ck_isa ck_best_isa(void) { return CK_ISA_BASELINE; }
static int multiplies_pairs(const ck_table *table) { return (void)table, 0; }
#endif

const ck_table *ck_table_for(ck_isa isa) {
  if (isa > ck_best_isa()) return NULL;
  switch (isa) {
#if defined(__x86_64__)
    case CK_ISA_AVX512: return &ck_table_avx512;
    case CK_ISA_AVX2: return &ck_table_avx2;
#endif
    case CK_ISA_BASELINE: return &ck_table_baseline;
    default: return NULL;
  }
}

ck_unary_fn ck_unary(const ck_table *table, ck_unary_op op, ck_dtype dtype) {
  return table->unary[op][dtype];
}
ck_chain_fn ck_chain(const ck_table *table, ck_dtype dtype) { return table->chain[dtype]; }
ck_link_op ck_unary_link(ck_unary_op op) {
#define ROW(NAME, name) [CK_UNARY_##NAME] = CK_LINK_##NAME,
  static const uint8_t links[CK_UNARY_COUNT] = {CK_UNARY_LINKS(ROW)};
#undef ROW
  return links[op];
}
ck_link_op ck_binary_link(ck_binary_op op) {
#define ROW(NAME, name) [CK_BINARY_##NAME] = CK_LINK_##NAME,
  static const uint8_t links[CK_BINARY_COUNT] = {CK_BINARY_LINKS(ROW)};
#undef ROW
  return links[op];
}
ck_binary_fn ck_binary(const ck_table *table, ck_binary_op op, ck_dtype dtype) {
  return table->binary[op][dtype];
}
ck_binary_rows_fn ck_binary_rows(const ck_table *table, ck_link_op link, ck_dtype dtype) {
  return table->binary_rows[link][dtype];
}
ck_binary_fn ck_compare(const ck_table *table, ck_compare_op op, ck_dtype dtype) {
  return table->compare[op][dtype];
}
ck_select_fn ck_select(const ck_table *table, ck_dtype dtype) { return table->select[dtype]; }
ck_convert_fn ck_convert(const ck_table *table, ck_dtype from, ck_dtype to) {
  return table->convert[from][to];
}
ck_transpose_fn ck_transpose(const ck_table *table, size_t element_size) {
  return element_size <= 8 ? table->transpose[element_size] : NULL;
}
ck_copy_fn ck_copy(const ck_table *table, size_t element_size) {
  return element_size <= 8 ? table->copy[element_size] : NULL;
}
ck_move_fn ck_move(const ck_table *table, size_t element_size) {
  return element_size <= 8 ? table->move[element_size] : NULL;
}
ck_ramp_fn ck_ramp(const ck_table *table, ck_dtype dtype) { return table->ramp[dtype]; }
ck_take_fn ck_take(const ck_table *table, size_t element_size) {
  return element_size <= 8 ? table->take[element_size] : NULL;
}
ck_put_fn ck_put(const ck_table *table, size_t element_size) {
  return element_size <= 8 ? table->put[element_size] : NULL;
}
ck_put_fn ck_put_sum(const ck_table *table, ck_dtype dtype) { return table->put_sum[dtype]; }
ck_blend_fn ck_blend(const ck_table *table, ck_dtype dtype) { return table->blend[dtype]; }
ck_blend_fn ck_spread(const ck_table *table, ck_dtype dtype) { return table->spread[dtype]; }
ck_reduce_fn ck_reduce(const ck_table *table, ck_reduce_op op, ck_dtype dtype) {
  return table->reduce[op][dtype];
}
ck_sum_block_fn ck_sum_block(const ck_table *table, ck_reduce_op op, ck_dtype dtype) {
  return table->sum_block[op][dtype];
}
ck_sum_lanes_fn ck_sum_lanes(const ck_table *table, ck_dtype dtype) {
  return table->sum_lanes[dtype];
}
ck_reduce_rows_fn ck_reduce_rows(const ck_table *table, ck_reduce_op op, ck_dtype dtype) {
  return table->reduce_rows[op][dtype];
}
ck_arg_reduce_fn ck_arg_reduce(const ck_table *table, ck_arg_op op, ck_dtype dtype) {
  return table->arg_reduce[op][dtype];
}
ck_arg_rows_fn ck_arg_rows(const ck_table *table, ck_arg_op op, ck_dtype dtype) {
  return table->arg_rows[op][dtype];
}
ck_rows_fn ck_rows(const ck_table *table, ck_rows_op op, ck_dtype dtype) {
  return table->rows[op][dtype];
}
ck_rows_grad_fn ck_rows_grad(const ck_table *table, ck_rows_op op, ck_dtype dtype) {
  return table->rows_grad[op][dtype];
}
ck_columns_fn ck_columns(const ck_table *table, ck_rows_op op, ck_dtype dtype) {
  return table->columns[op][dtype];
}
ck_columns_grad_fn ck_columns_grad(const ck_table *table, ck_rows_op op, ck_dtype dtype) {
  return table->columns_grad[op][dtype];
}
ck_norm_fn ck_norm(const ck_table *table, ck_dtype dtype) { return table->norm[dtype]; }
ck_norm_grad_fn ck_norm_grad(const ck_table *table, ck_dtype dtype) {
  return table->norm_grad[dtype];
}
const ck_groups *ck_groups_for(const ck_table *table, ck_dtype dtype, int32_t by_columns) {
  return by_columns ? table->column_groups[dtype] : table->groups[dtype];
}
ck_cross_entropy_fn ck_cross_entropy(const ck_table *table, ck_dtype dtype) {
  return table->cross_entropy[dtype];
}
ck_cross_entropy_grad_fn ck_cross_entropy_grad(const ck_table *table, ck_dtype dtype) {
  return table->cross_entropy_grad[dtype];
}
ck_step_fn ck_step(const ck_table *table, ck_step_rule rule, ck_dtype dtype) {
  return table->step[rule][dtype];
}
ck_probe_fn ck_probe(const ck_table *table) { return table->probe; }
ck_lookahead_fn ck_lookahead(const ck_table *table, ck_dtype dtype) {
  return table->lookahead[dtype];
}
const ck_pooling *ck_pooling_for(const ck_table *table, ck_dtype dtype) {
  return table->pooling[dtype];
}
const ck_convolution *ck_convolution_for(const ck_table *table, ck_dtype dtype) {
  return table->convolution[dtype];
}
const ck_winograd *ck_winograd_for(const ck_table *table) { return table->winograd; }
ck_recurrent_fn ck_recurrent(const ck_table *table, ck_recurrent_unit unit, ck_dtype dtype) {
  return table->recurrent[unit][dtype];
}
ck_recurrent_grad_fn ck_recurrent_gradient(
  const ck_table *table, ck_recurrent_unit unit, ck_dtype dtype) {
  return table->recurrent_grad[unit][dtype];
}
const ck_order *ck_order_for(const ck_table *table, ck_dtype dtype) {
  return table->order[dtype];
}
ck_scan_fn ck_scan(const ck_table *table, ck_scan_op op, ck_dtype dtype) {
  return table->scan[op][dtype];
}
ck_random_fn ck_random_op_for(const ck_table *table, ck_random_op op, ck_dtype dtype) {
  return table->random[op][dtype];
}
const ck_shuffle *ck_shuffle_for(const ck_table *table, size_t element_size) {
  return element_size <= 8 ? table->shuffle[element_size] : NULL;
}
ck_recur_fn ck_recur(const ck_table *table, ck_dtype dtype) { return table->recur[dtype]; }
ck_arg_rows_fn ck_scan_arg(const ck_table *table, ck_arg_op op, ck_dtype dtype) {
  return table->scan_arg[op][dtype];
}
const ck_gemm *ck_gemm_for(const ck_table *table, ck_dtype dtype, ck_precision precision) {
  if (dtype != CK_F32 || precision == CK_PRECISION_FLOAT32) return table->gemm[dtype];
  const int in_pairs = precision == CK_PRECISION_BFLOAT16_PAIRS && multiplies_pairs(table);
  return in_pairs ? table->pairs_gemm : table->bfloat16_gemm;
}
const ck_gemm *ck_gemm_of_emulated_pairs(void) { return ck_table_baseline.pairs_gemm; }
const ck_linear *ck_linear_for(const ck_table *table) { return table->linear; }
ck_cross_fn ck_cross(const ck_table *table, ck_dtype dtype) { return table->cross[dtype]; }

ck_fusion *ck_fusion_of_thread(void) {
  static _Thread_local ck_fusion fusion;
  return &fusion;
}

static _Thread_local int32_t task_thread;
int32_t ck_task_thread(void) { return task_thread; }
void ck_set_task_thread(int32_t number) { task_thread = number; }

#define NAME(ENUMERATOR, name, ...) #name,
const char *ck_unary_name(ck_unary_op op) {
  static const char *const names[] = {CK_UNARY_ROWS(NAME, NAME, NAME, NAME)};
  return names[op];
}
const char *ck_binary_name(ck_binary_op op) {
  static const char *const names[] = {CK_BINARY_ROWS(NAME, NAME, NAME, NAME)};
  return names[op];
}
const char *ck_compare_name(ck_compare_op op) {
  static const char *const names[] = {CK_COMPARE_ROWS(NAME)};
  return names[op];
}

size_t ck_first_outside(const int32_t *positions, size_t n, int32_t size) {
  // By blocks without a branch for each position.
  enum { BLOCK = 1024 };
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t end = n - start < BLOCK ? n : start + BLOCK;
    uint32_t outside = 0;
    for (size_t i = start; i < end; i++) outside |= (uint32_t)positions[i] >= (uint32_t)size;
    if (outside)
      for (size_t i = start; i < end; i++)
        if ((uint32_t)positions[i] >= (uint32_t)size) return i;
  }
  return n;
}

size_t ck_count_true(const uint8_t *mask, size_t n) {
  // Bytes do not overflow within a block.
  enum { BLOCK = 128 };
  size_t total = 0;
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t end = n - start < BLOCK ? n : start + BLOCK;
    uint8_t count = 0;
    for (size_t i = start; i < end; i++) count += mask[i];
    total += count;
  }
  return total;
}

void ck_true_positions(const uint8_t *mask, int32_t first, size_t count, int32_t *positions) {
  // Each position is written, and overwritten unless its element is true. The last one is written
  // only if it is.
  size_t found = 0;
  for (; found < count; first++, mask++) {
    positions[found] = first;
    found += *mask;
  }
}

void ck_count_bins(const int32_t *x, size_t n, int32_t *counts) {
  for (size_t i = 0; i < n; i++) counts[x[i]]++;
}
