// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Run-time descriptions of the C++ types that options are made of. `type_of<T>()` is the only
// template; reader, writer and documentation work on `Type` and `void*` in ordinary .cpp files.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/reflect.hpp"

namespace filigree::yaml {

/// A struct that reads the files it names, relative to the scenario's folder: "" or what is wrong,
/// in the words of validate(), which is asked only when all files could be read.
template <class T>
concept LoadsFiles = requires(T& t, const std::filesystem::path& folder) {
  { t.load_files(folder) } -> std::convertible_to<std::string>;
};

enum class Kind {
  kBoolean,
  kInteger,
  kReal,
  kText,
  kFile,
  kChoice,    ///< enum with EnumNames
  kArray,     ///< std::array: fixed length
  kList,      ///< std::vector
  kOptional,  ///< std::optional
  kBlock,     ///< struct with reflect()
  kVariant,   ///< std::variant of blocks, `type:` picks one by kName
};

struct Type;
using TypeGetter = const Type& (*)();

/// One entry of a block's reflect list, bound to an object.
struct Field {
  std::string key;
  About about;
  void* object;
  const Type* type;
};

struct Type {
  Kind kind{};
  const char* name = "";  ///< kName of a block, else ""
  const char* doc = "";   ///< kDoc of a block, else ""

  // Integers: storage is signed or unsigned with these limits; choices use the index of the name.
  bool is_signed = true;
  std::int64_t lowest = 0;
  std::uint64_t highest = 0;
  void (*store_integer)(void*, std::uint64_t bits) = nullptr;  ///< two's complement of the value
  std::uint64_t (*load_integer)(const void*) = nullptr;
  std::vector<std::string> names;  ///< of a choice

  bool is_single = false;  ///< real stored as float

  // Arrays, lists, optionals.
  TypeGetter element = nullptr;
  std::size_t (*size)(const void*) = nullptr;  ///< optional: 0 or 1
  void (*resize)(void*,
                 std::size_t) = nullptr;  ///< clears first, so that elements are default ones
  void* (*at)(void*, std::size_t) = nullptr;

  // Blocks.
  std::vector<Field> (*fields)(void*) = nullptr;
  std::string (*validate)(const void*) = nullptr;  ///< may be nullptr
  std::string (*load_files)(void*, const std::filesystem::path& folder) = nullptr;  ///< as well

  // Variants.
  std::vector<TypeGetter> alternatives;
  std::size_t (*index)(const void*) = nullptr;
  void* (*emplace)(void*,
                   std::size_t) = nullptr;  ///< keeps the value when the index is the current one
  void* (*current)(void*) = nullptr;

  std::shared_ptr<void> (*create)() = nullptr;  ///< a default-constructed object
};

template <class T>
const Type& type_of();

/// An object together with its type: what read, echo and describe take.
struct Target {
  void* object;
  const Type* type;
};

template <class T>
Target target(T& object) {
  using Plain = std::remove_const_t<T>;
  return {const_cast<Plain*>(&object), &type_of<Plain>()};
}

namespace detail {

class FieldCollector {
 public:
  explicit FieldCollector(std::vector<Field>& fields) : fields_(fields) {}
  template <class T>
  void operator()(const char* key, T& field, const About& about = {}) {
    fields_.push_back({key, about, &field, &type_of<T>()});
  }

 private:
  std::vector<Field>& fields_;
};

template <class T>
inline constexpr bool kUnsupported = false;
template <class T>
struct IsArray : std::false_type {};
template <class T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};

template <class T>
void fill_integer(Type& type) {
  type.kind = Kind::kInteger;
  type.is_signed = std::is_signed_v<T>;
  type.lowest = static_cast<std::int64_t>(std::numeric_limits<T>::min());
  type.highest = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  type.store_integer = [](void* p, std::uint64_t bits) {
    *static_cast<T*>(p) = static_cast<T>(bits);
  };
  type.load_integer = [](const void* p) {
    return static_cast<std::uint64_t>(*static_cast<const T*>(p));
  };
}

template <class T>
void fill_choice(Type& type) {
  type.kind = Kind::kChoice;
  for (const auto& name : EnumNames<T>::names) type.names.emplace_back(name);
  type.store_integer = [](void* p, std::uint64_t bits) {
    *static_cast<T*>(p) = static_cast<T>(bits);
  };
  type.load_integer = [](const void* p) {
    return static_cast<std::uint64_t>(*static_cast<const T*>(p));
  };
}

template <class T>
void fill_sequence(Type& type) {
  using Element = typename T::value_type;
  static_assert(!std::is_same_v<T, std::vector<bool>>, "use a vector of an enum or of integers");
  type.kind = IsArray<T>::value ? Kind::kArray : Kind::kList;
  type.element = &type_of<Element>;
  type.size = [](const void* p) { return static_cast<const T*>(p)->size(); };
  type.at = [](void* p, std::size_t i) -> void* { return &(*static_cast<T*>(p))[i]; };
  if constexpr (IsList<T>::value) {
    type.resize = [](void* p, std::size_t n) {
      static_cast<T*>(p)->clear();
      static_cast<T*>(p)->resize(n);
    };
  }
}

template <class T>
void fill_optional(Type& type) {
  type.kind = Kind::kOptional;
  type.element = &type_of<typename T::value_type>;
  type.size = [](const void* p) -> std::size_t { return *static_cast<const T*>(p) ? 1 : 0; };
  type.resize = [](void* p, std::size_t n) {
    T& value = *static_cast<T*>(p);
    if (n == 0) value.reset();
    if (n == 1 && !value) value.emplace();
  };
  type.at = [](void* p, std::size_t) -> void* { return &**static_cast<T*>(p); };
}

template <class T>
void fill_block(Type& type) {
  type.kind = Kind::kBlock;
  if constexpr (requires { T::kName; }) type.name = T::kName;
  if constexpr (requires { T::kDoc; }) type.doc = T::kDoc;
  type.fields = [](void* p) {
    std::vector<Field> fields;
    FieldCollector collect(fields);
    static_cast<T*>(p)->reflect(collect);
    return fields;
  };
  if constexpr (Validated<T>) {
    type.validate = [](const void* p) { return std::string(static_cast<const T*>(p)->validate()); };
  }
  if constexpr (LoadsFiles<T>) {
    type.load_files = [](void* p, const std::filesystem::path& folder) {
      return std::string(static_cast<T*>(p)->load_files(folder));
    };
  }
}

template <class... T>
void fill_variant(Type& type, const std::variant<T...>*) {
  using Variant = std::variant<T...>;
  type.kind = Kind::kVariant;
  type.alternatives = {&type_of<T>...};
  type.index = [](const void* p) { return static_cast<const Variant*>(p)->index(); };
  type.emplace = [](void* p, std::size_t index) -> void* {
    Variant& value = *static_cast<Variant*>(p);
    std::size_t i = 0;
    ((i++ == index && value.index() != index ? void(value.template emplace<T>()) : void()), ...);
    return std::visit([](auto& alternative) -> void* { return &alternative; }, value);
  };
  type.current = [](void* p) -> void* {
    return std::visit([](auto& alternative) -> void* { return &alternative; },
                      *static_cast<Variant*>(p));
  };
}

template <class T>
Type make_type() {
  Type type;
  type.create = []() -> std::shared_ptr<void> { return std::make_shared<T>(); };
  if constexpr (std::is_same_v<T, bool>) {
    type.kind = Kind::kBoolean;
  } else if constexpr (std::is_integral_v<T>) {
    fill_integer<T>(type);
  } else if constexpr (std::is_floating_point_v<T>) {
    static_assert(sizeof(T) <= sizeof(double), "reals are float or double");
    type.kind = Kind::kReal;
    type.is_single = std::is_same_v<T, float>;
  } else if constexpr (std::is_same_v<T, std::string>) {
    type.kind = Kind::kText;
  } else if constexpr (std::is_same_v<T, FilePath>) {
    type.kind = Kind::kFile;
  } else if constexpr (NamedEnum<T>) {
    fill_choice<T>(type);
  } else if constexpr (IsArray<T>::value || IsList<T>::value) {
    fill_sequence<T>(type);
  } else if constexpr (IsOptional<T>::value) {
    fill_optional<T>(type);
  } else if constexpr (IsVariant<T>::value) {
    fill_variant(type, static_cast<const T*>(nullptr));
  } else if constexpr (Reflectable<T>) {
    fill_block<T>(type);
  } else {
    static_assert(kUnsupported<T>, "core/reflect.hpp lists the types that options are made of");
  }
  return type;
}

}  // namespace detail

template <class T>
const Type& type_of() {
  static const Type type = detail::make_type<T>();
  return type;
}

}  // namespace filigree::yaml
