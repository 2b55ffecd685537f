// The loops for AVX-512 (F, BW, DQ, VL).
#if defined(__x86_64__)
#define CK_TABLE ck_table_avx512
#define CK_LANES 16
#define CK_FMA 1
#define CK_AVX512 1
#define CK_MR 14
#define CK_KC 384
#define CK_PAIRS 1
#pragma clang attribute push(                                                                      \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi,bmi2"))),                 \
  apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
