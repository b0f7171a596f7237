// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// All operations on tensors. The set is closed: the adjoint of each is written with operations of
// the set, so that gradients can be differentiated again.
#pragma once

#include "learning/autodiff/ops_elementwise.hpp"
#include "learning/autodiff/ops_graph.hpp"
#include "learning/autodiff/ops_linalg.hpp"
#include "learning/autodiff/ops_reduce.hpp"
#include "learning/autodiff/ops_shape.hpp"
