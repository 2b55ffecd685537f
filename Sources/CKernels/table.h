// The table of the loops for one instruction set; table.inc fills it.
#ifndef CK_TABLE_H
#define CK_TABLE_H

#include "CKernels.h"

struct ck_table {
  ck_unary_fn unary[CK_UNARY_COUNT][CK_DTYPE_COUNT];
  ck_binary_fn binary[CK_BINARY_COUNT][CK_DTYPE_COUNT];
  ck_binary_rows_fn binary_rows[CK_LINK_COUNT][CK_DTYPE_COUNT];
  ck_binary_fn compare[CK_COMPARE_COUNT][CK_DTYPE_COUNT];
  ck_select_fn select[CK_DTYPE_COUNT];
  ck_chain_fn chain[CK_DTYPE_COUNT];
  ck_convert_fn convert[CK_DTYPE_COUNT][CK_DTYPE_COUNT];
  ck_transpose_fn transpose[9];  // by element size
  ck_copy_fn copy[9];
  ck_move_fn move[9];
  ck_ramp_fn ramp[CK_DTYPE_COUNT];
  ck_take_fn take[9];
  ck_put_fn put[9];
  ck_put_fn put_sum[CK_DTYPE_COUNT];
  ck_blend_fn blend[CK_DTYPE_COUNT];
  ck_blend_fn spread[CK_DTYPE_COUNT];
  ck_reduce_fn reduce[CK_REDUCE_COUNT][CK_DTYPE_COUNT];
  ck_sum_block_fn sum_block[CK_REDUCE_COUNT][CK_DTYPE_COUNT];
  ck_sum_lanes_fn sum_lanes[CK_DTYPE_COUNT];
  ck_reduce_rows_fn reduce_rows[CK_REDUCE_COUNT][CK_DTYPE_COUNT];
  ck_arg_reduce_fn arg_reduce[CK_ARG_COUNT][CK_DTYPE_COUNT];
  ck_arg_rows_fn arg_rows[CK_ARG_COUNT][CK_DTYPE_COUNT];
  ck_rows_fn rows[CK_ROWS_COUNT][CK_DTYPE_COUNT];
  ck_rows_grad_fn rows_grad[CK_ROWS_COUNT][CK_DTYPE_COUNT];
  ck_columns_fn columns[CK_ROWS_COUNT][CK_DTYPE_COUNT];
  ck_columns_grad_fn columns_grad[CK_ROWS_COUNT][CK_DTYPE_COUNT];
  ck_norm_fn norm[CK_DTYPE_COUNT];
  ck_norm_grad_fn norm_grad[CK_DTYPE_COUNT];
  const ck_groups *groups[CK_DTYPE_COUNT];
  const ck_groups *column_groups[CK_DTYPE_COUNT];
  ck_cross_entropy_fn cross_entropy[CK_DTYPE_COUNT];
  ck_cross_entropy_grad_fn cross_entropy_grad[CK_DTYPE_COUNT];
  ck_step_fn step[CK_STEP_COUNT][CK_DTYPE_COUNT];
  ck_lookahead_fn lookahead[CK_DTYPE_COUNT];
  const ck_pooling *pooling[CK_DTYPE_COUNT];
  const ck_convolution *convolution[CK_DTYPE_COUNT];
  const ck_winograd *winograd;
  ck_recurrent_fn recurrent[CK_RECURRENT_COUNT][CK_DTYPE_COUNT];
  ck_recurrent_grad_fn recurrent_grad[CK_RECURRENT_COUNT][CK_DTYPE_COUNT];
  const ck_order *order[CK_DTYPE_COUNT];
  ck_scan_fn scan[CK_SCAN_COUNT][CK_DTYPE_COUNT];
  ck_random_fn random[CK_RANDOM_COUNT][CK_DTYPE_COUNT];
  const ck_shuffle *shuffle[9];  // by element size
  ck_recur_fn recur[CK_DTYPE_COUNT];
  ck_arg_rows_fn scan_arg[CK_ARG_COUNT][CK_DTYPE_COUNT];
  const ck_gemm *gemm[CK_DTYPE_COUNT];
  const ck_gemm *bfloat16_gemm;
  const ck_gemm *pairs_gemm;  // NULL if there is none
  const ck_linear *linear;
  ck_cross_fn cross[CK_DTYPE_COUNT];
  ck_probe_fn probe;
};

// The tables that exist for the architecture.
extern const ck_table ck_table_baseline;
#if defined(__x86_64__)
extern const ck_table ck_table_avx2;
extern const ck_table ck_table_avx512;
#endif

#endif
