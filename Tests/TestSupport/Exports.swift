// What a test of this package imports beside `Testing`: the library, and the helpers of this folder.
@_exported import Adjoint
