// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Products on NVIDIA GPUs by cuBLAS. A row-major matrix is the transpose of the column-major one
// with the same storage, so C = op(A) op(B) is asked for as C^T = op(B)^T op(A)^T: the operands
// change places, the flags stay.
//
// Same bits from run to run on the same kind of GPU: one stream, a workspace of our own
// (cublasSetWorkspace), no atomics. Full precision: CUBLAS_DEFAULT_MATH does not use TF32.
#include <cublas_v2.h>

#include <type_traits>

#include "core/error.hpp"
#include "core/gemm.hpp"
#include "core/parallel.hpp"

namespace filigree::detail {

namespace {

constexpr Index kWorkspaceBytes = 32 * 1024 * 1024;  // what cuBLAS recommends for Hopper

void require(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw EnvironmentError(
        format("cuBLAS failed in {}: {}; check the driver and the free memory of the GPU", call,
               cublasGetStatusString(status)));
  }
}

struct CudaState : GemmState {
  CudaState() : workspace("gemm/workspace", kWorkspaceBytes) {
    require(cublasCreate(&handle), "cublasCreate");
    require(cublasSetStream(handle, ExecSpace().cuda_stream()), "cublasSetStream");
    require(cublasSetWorkspace(handle, workspace.data(), std::size_t{kWorkspaceBytes}),
            "cublasSetWorkspace");
    require(cublasSetMathMode(handle, CUBLAS_DEFAULT_MATH), "cublasSetMathMode");
    require(cublasSetAtomicsMode(handle, CUBLAS_ATOMICS_NOT_ALLOWED), "cublasSetAtomicsMode");
    require(cublasSetPointerMode(handle, CUBLAS_POINTER_MODE_HOST), "cublasSetPointerMode");
  }
  ~CudaState() override { cublasDestroy(handle); }
  CudaState(const CudaState&) = delete;
  CudaState& operator=(const CudaState&) = delete;

  cublasHandle_t handle = nullptr;
  Array<std::byte> workspace;
};

cublasHandle_t handle_of(GemmWorkspace& workspace) {
  auto* state = dynamic_cast<CudaState*>(workspace.state.get());
  if (state == nullptr) {
    workspace.state = std::make_unique<CudaState>();
    state = static_cast<CudaState*>(workspace.state.get());
  }
  return state->handle;
}

template <class T>
void multiply(GemmWorkspace& workspace, const Gemm<T>& g) {
  const cublasHandle_t handle = handle_of(workspace);
  const cublasOperation_t op_a = g.a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  const cublasOperation_t op_b = g.b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  if constexpr (std::is_same_v<T, float>) {
    require(cublasSgemmStridedBatched(handle, op_b, op_a, g.n, g.m, g.k, &g.alpha, g.b.data,
                                      g.b.leading, g.b.stride, g.a.data, g.a.leading, g.a.stride,
                                      &g.beta, g.c, g.ldc, g.stride_c, g.batch),
            "cublasSgemmStridedBatched");
  } else {
    require(cublasDgemmStridedBatched(handle, op_b, op_a, g.n, g.m, g.k, &g.alpha, g.b.data,
                                      g.b.leading, g.b.stride, g.a.data, g.a.leading, g.a.stride,
                                      &g.beta, g.c, g.ldc, g.stride_c, g.batch),
            "cublasDgemmStridedBatched");
  }
  Kokkos::fence("gemm");
}

}  // namespace

void gemm_library(GemmWorkspace& workspace, const Gemm<float>& product) {
  multiply(workspace, product);
}

void gemm_library(GemmWorkspace& workspace, const Gemm<double>& product) {
  multiply(workspace, product);
}

std::string gemm_library_name() {
  return format("cuBLAS {}.{}.{}", CUBLAS_VER_MAJOR, CUBLAS_VER_MINOR, CUBLAS_VER_PATCH);
}

}  // namespace filigree::detail
