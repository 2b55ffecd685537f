// The loops for AVX2 with fused multiply-add.
#if defined(__x86_64__)
#define CK_TABLE ck_table_avx2
#define CK_LANES 8
#define CK_FMA 1
#define CK_AVX2 1
#define CK_MR 6
#define CK_KC 256
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
