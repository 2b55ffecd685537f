// The loops for the instructions of every processor of the architecture: SSE2 on x86-64, NEON on
// arm64.
#define CK_TABLE ck_table_baseline
#define CK_LANES 4
#if defined(__aarch64__)
#define CK_FMA 1
#endif
#define CK_MR 6
#define CK_KC 256
#define CK_PAIRS 1
#include "kernels.inc"
