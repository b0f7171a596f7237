// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/tensor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/nn/module.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

TEST(Shape, NamesItsExtentsFromBothEnds) {
  const Shape shape{2, 3, 5};
  EXPECT_EQ(shape[0], 2);
  EXPECT_EQ(shape[-1], 5);
  EXPECT_EQ(shape.size(), 30);
  EXPECT_EQ(shape.text(), "[2, 3, 5]");
  EXPECT_EQ(shape.without(1), (Shape{2, 5}));
  EXPECT_EQ(shape.with(-1, 7), (Shape{2, 3, 7}));
  EXPECT_EQ(Shape{}.size(), 1);
}

TEST(Shape, RefusesWhatDoesNotExist) {
  const Shape shape{2, 3};
  EXPECT_EQ(error_of<InputError>([&] { shape[2]; }),
            "axis 2 of a tensor [2, 3]: it must lie in [-2, 2)");
  EXPECT_EQ(error_of<InputError>([&] { shape[-3]; }),
            "axis -3 of a tensor [2, 3]: it must lie in [-2, 2)");
  EXPECT_EQ(error_of<InputError>([] { Shape{1, 2, -3}; }), "the extent -3 of a tensor is negative");
  EXPECT_EQ(error_of<InputError>([] { Shape{1, 1, 1, 1, 1}; }), "a tensor has at most 4 axes");
}

TEST(Tensor, HoldsItsValues) {
  const Tensor x = tensor({2, 3}, {1, 2, 3, 4, 5, 6}, DType::kF64);
  EXPECT_EQ(x.rows(), 2);
  EXPECT_EQ(x.columns(), 3);
  EXPECT_THAT(to_vector(x), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(item(scalar(2.5)), 2.5);
  EXPECT_THAT(to_vector(full({2}, 0.5)), ElementsAre(0.5, 0.5));
}

TEST(Tensor, SharesAnArrayWithoutCopying) {
  const Array<float, 2> array("array", 2, 2);
  fill(array, 3.0f);
  const Tensor x = share(array);
  EXPECT_EQ(x.data<float>(), array.data());
  EXPECT_EQ(x.shape(), (Shape{2, 2}));
}

TEST(Tensor, SeesEmptyTensorsAsMatricesWithAllTheirColumns) {
  EXPECT_EQ(zeros({0, 3}).matrix<float>().extent(1), 3);
  EXPECT_EQ(zeros({0, 3, 2}).matrix<float>().extent(1), 6);
  EXPECT_EQ(zeros({4}).matrix<float>().extent(1), 1);
}

TEST(Tensor, RefusesWrongValues) {
  EXPECT_EQ(error_of<InputError>([] {
              tensor({2, 2}, {1, 2, 3});
            }),
            "3 values cannot fill a tensor [2, 2]");
  EXPECT_EQ(error_of<InputError>([] { item(zeros({3})); }),
            "item() of a tensor [3]: it must have one value");
  EXPECT_EQ(error_of<InputError>([] { zeros({2}, DType::kI32); }),
            "a tensor of i32: tensors hold f32 or f64");
  EXPECT_THAT(error_of<InputError>([] {
                zeros({65536, 65536});
              }),
              HasSubstr("[65536, 65536] has more than 2147483647 values"));
}

TEST(Tensor, RefusesToBeReadAsAnotherType) {
  const Tensor x = zeros({2}, DType::kF64);
  EXPECT_EQ(error_of<InternalError>([&] { x.data<float>(); }), "a tensor of f64 was read as f32");
  EXPECT_EQ(error_of<InternalError>([] { Tensor().data<float>(); }),
            "a tensor without values was used");
}

TEST(Tensor, EndsWithTheLifeOfItsTape) {
  Tape tape;
  Tensor x, kept;
  {
    Tape::Scope on(tape);
    x = full({2}, 3);
    kept = keep(x);
  }
  EXPECT_THAT(to_vector(x), ElementsAre(3, 3));
  tape.reset();
  const std::string expected =
      "a tensor was used after its tape had been reset: keep() it before the reset";
  EXPECT_EQ(error_of<InternalError>([&] { to_vector(x); }), expected);
  EXPECT_EQ(error_of<InternalError>([&] { exp(x); }), expected);
  EXPECT_EQ(error_of<InternalError>([&] { keep(x); }), expected);
  EXPECT_THAT(to_vector(kept), ElementsAre(3, 3));
}

TEST(Tensor, IsRefusedAfterItsTapeIsGone) {
  Tensor x;
  {
    Tape tape;
    Tape::Scope on(tape);
    x = full({2}, 3);
  }
  const Tape other;  // may take the place of the first
  EXPECT_THAT(error_of<InternalError>([&] { to_vector(x); }), HasSubstr("keep() it"));
}

TEST(Tensor, IsRefusedAfterItsOwnerChangedIt) {
  Parameter parameter({2}, Init::constant(0));
  const Tensor before = parameter.value;
  assign(parameter, ones({2}));
  EXPECT_THAT(to_vector(parameter.value), ElementsAre(1, 1));
  EXPECT_THAT(error_of<InternalError>([&] { to_vector(before); }),
              HasSubstr("after its owner had changed the values"));
}

TEST(Tensor, OperationsNameThemselvesAndBothShapes) {
  const Tensor a = zeros({2, 3});
  const Tensor b = zeros({4, 3});
  EXPECT_EQ(error_of<InputError>([&] { a + b; }),
            "add: shapes [2, 3] and [4, 3] do not fit together at axis -2");
  EXPECT_EQ(error_of<InputError>([&] { matmul(a, b); }),
            "matmul: [2, 3] and [4, 3] do not fit together");
  EXPECT_EQ(error_of<InputError>([&] { matmul(a, cast(b, DType::kF64), {.b = true}); }),
            "matmul: [2, 3] f32 and [4, 3] f64 differ in type: cast() one");
  EXPECT_EQ(error_of<InputError>([&] { a* cast(a, DType::kF64); }),
            "mul: [2, 3] f32 and [2, 3] f64 differ in type: cast() one");
}

}  // namespace
}  // namespace filigree::learning
