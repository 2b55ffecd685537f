import TestSupport
import Testing
import Training

@testable import Train

struct ToyTaskTests {
  @Test(arguments: ToyTask.allCases)
  func dataIsSeededAndValidationPointsAreFresh(_ task: ToyTask) {
    let data = task.data(seed: 5, trainingPoints: 200, validationPoints: 200)
    let again = task.data(seed: 5, trainingPoints: 200, validationPoints: 200)
    let other = task.data(seed: 6, trainingPoints: 200, validationPoints: 200)
    #expect(data.training == again.training && data.validation == again.validation)
    #expect(data.training != other.training && data.validation != other.validation)
    #expect(data.training.rows == 200 && data.validation.rows == 200)
    #expect(data.training.features.count == 200 * data.training.columns)
    #expect(Set(data.training.features).isDisjoint(with: data.validation.features))
    if case .classes(let classes) = data.training.targets {
      #expect(classes.count { $0 == 0 } == 100 && classes.count { $0 == 1 } == 100)
    }
  }
}
