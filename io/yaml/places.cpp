// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/places.hpp"

#include <algorithm>

namespace filigree::yaml {

namespace {

constexpr int kDeepest = 16;  // ends the walk through types that contain themselves

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

void collect(const Type& type, void* object, const std::string& path,
             const std::string& alternative, int depth, std::vector<Place>& places) {
  if (depth > kDeepest) return;
  switch (type.kind) {
    case Kind::kBlock:
      for (const Field& field : type.fields(object)) {
        places.push_back({path, alternative, field.key});
        collect(*field.type, field.object, joined(path, field.key), "", depth + 1, places);
      }
      return;
    case Kind::kVariant:
      for (const TypeGetter get : type.alternatives) {
        const std::shared_ptr<void> value = get().create();
        collect(get(), value.get(), path, get().name, depth + 1, places);
      }
      return;
    case Kind::kArray:
    case Kind::kList:
    case Kind::kOptional: {
      const std::shared_ptr<void> value = type.element().create();
      const std::string inner = type.kind == Kind::kOptional ? path : joined(path, "*");
      collect(type.element(), value.get(), inner, "", depth + 1, places);
      return;
    }
    default:
      return;
  }
}

}  // namespace

std::vector<Place> all_places(const std::vector<Target>& targets) {
  std::vector<Place> places;
  for (const Target& target : targets) {
    collect(*target.type, target.object, "", "", 0, places);
  }
  return places;
}

std::string schema_path(const std::string& path) {
  std::string result;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string key = path.substr(start, end - start);
    const bool index = key.find_first_not_of("0123456789") == std::string::npos;
    result = joined(result, index ? "*" : key);
    start = end + 1;
  }
  return result;
}

}  // namespace filigree::yaml
