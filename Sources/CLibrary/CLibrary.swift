// The C library of the platform, under one name. A module of the package that imports it for itself
// does not show it to those who import that module.

#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#elseif canImport(Darwin)
  @_exported import Darwin
#endif
