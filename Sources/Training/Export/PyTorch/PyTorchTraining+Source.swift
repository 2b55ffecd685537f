import NN
import Optim
import Tensor

extension PyTorchTraining {
  /// The text of `train.py`.
  @PythonSource var source: String {
    """
    \"""Continues the training of the run from its last checkpoint.

        python train.py
        torchrun --nproc-per-node 2 train.py

    The run would have used the batches\(rateText) of schedule.safetensors next, from the
    encoded examples of data.safetensors. After each evaluation checkpoint.safetensors is replaced,
    from which the next call continues, and weights.safetensors if the validation loss is the lowest
    so far.
    \"""

    import argparse
    """
    if optimizer.evaluatesOtherWeights { "import copy" }
    """
    import os
    """
    if !skipsNonFinite { "import sys" }
    """
    from pathlib import Path

    import torch
    import torch.distributed as dist
    import torch.nn.functional as F
    from safetensors.torch import load_file, save_file
    from torch.nn.parallel import DistributedDataParallel
    """
    if clips || skipsNonFinite {
      "from torch.nn.utils import \(clippingImports.joined(separator: ", "))"
    }
    if plateau != nil { "from torch.optim.lr_scheduler import ReduceLROnPlateau" }
    """

    from model import Model

    FOLDER = Path(__file__).parent
    EXAMPLES = \(exampleCount)
    STEP_SIZE = \(options.stepSize)  # examples of a step
    """
    if accumulates {
      "BATCH_SIZE = \(options.batchSize)  # examples whose gradients are computed at once"
    }
    "STEPS_PER_EPOCH = \(stepsPerEpoch)  # between evaluations"
    if let patience = options.patience {
      "PATIENCE = \(patience)  # evaluations without a lower loss after which training stops"
    }
    if isText { "CONTEXT = \(description.shape.inputSize)  # characters of a window" }
    if unit != 1 { "VARIANCE = \(unit)  # of the target: losses are reported in its squared unit" }
    if optimizer.decaysApart { "WEIGHT_DECAY = \(optimizer.weightDecay)" }
    ""
    if let definition = optimizer.definition { "\n\(definition)\n" }
    if let wrapper = optimizer.wrapper { "\n\(wrapper.definition)\n" }
    if usesGroups { "\n\(groupFunction)\n" }
    """

    \(lossFunction)


    \(validationFunction)


    def part(tensors, prefix):
        \"""Returns the tensors whose names have a prefix, without it.\"""
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


    def save(name, tensors):
        \"""Replaces a file, whole or not at all.\"""
        path = FOLDER / f"{name}.partial"
        save_file({key: tensor.clone().contiguous() for key, tensor in tensors.items()}, path)
        os.replace(path, FOLDER / name)


    \(mainFunction)


    if __name__ == "__main__":
        main()

    """
  }

  // MARK: - What depends on the run

  private var isText: Bool { if case .text = examples { true } else { false } }

  private var accumulates: Bool { options.accumulationSteps > 1 }

  private var unit: Double { description.input.target?.lossUnit ?? 1 }

  private var reportedFactor: String { unit == 1 ? "" : " * VARIANCE" }

  private var drops: Bool {
    description.model.has("dropout") && description.model.number("dropout") > 0
  }

  private var clips: Bool { options.clipNorm != nil || options.clipValue != nil }

  private var skipsNonFinite: Bool { options.nonFinite == .skip }

  private var clippingImports: [String] {
    (options.clipNorm != nil || skipsNonFinite ? ["clip_grad_norm_"] : [])
      + (options.clipValue != nil ? ["clip_grad_value_"] : [])
  }

  private var rateText: String {
    if plateau != nil { return "" }
    return options.momentumSchedule == nil ? " and learning rates" : ", rates and momentum"
  }

  /// Whether matrices have a weight decay that the class of the optimizer knows.
  private var usesGroups: Bool { optimizer.weightDecay > 0 && !optimizer.decaysApart }

  // MARK: - Functions

  private var groupFunction: String {
    """
    def parameter_groups(model):
        \"""Returns groups with weight decay for matrices, and none for biases and norms.\"""
        return [
            {"params": [p for p in model.parameters() if p.ndim >= 2]},
            {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
    """
  }

  /// `loss_sum(outputs, targets)`.
  private var lossFunction: String {
    let body =
      switch description.input.target {
      case .number: #"return F.mse_loss(outputs.squeeze(1), targets, reduction="sum")"#
      case .classes where description.loss == .hinge:
        "return F.relu(1 - (2 * targets - 1) * outputs.squeeze(1)).sum()"
      case .classes where description.shape.predictedLength == 1:
        #"return F.cross_entropy(outputs, targets, reduction="sum")"#
      default:
        """
        loss = F.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="sum")
            return loss / targets.shape[1]
        """
      }
    return """
      def loss_sum(outputs, targets):
          \"""Returns the sum of the losses of some examples.\"""
          \(body)
      """
  }

  /// `validation_loss(model, data)`, and for a text `windows(text, starts)`.
  private var validationFunction: String {
    guard isText else {
      return """
        @torch.no_grad()
        def validation_loss(model, data):
            \"""Returns the mean loss of the validation examples.\"""
            model.eval()
            inputs, targets = data["validation.inputs"], data["validation.targets"]
            parts = zip(inputs.split(512), targets.split(512))
            loss = sum(loss_sum(model(x), y).item() for x, y in parts) / len(targets)
            model.train()
            return loss\(reportedFactor)
        """
    }
    return """
      def windows(text, starts):
          \"""Returns the windows that begin at some places, and the characters after each.\"""
          positions = starts[:, None] + torch.arange(CONTEXT)
          return text[positions], text[positions + 1]


      @torch.no_grad()
      def validation_loss(model, data):
          \"""Returns the mean loss of the characters of the validation text, in windows.\"""
          model.eval()
          text = data["validation"]
          count = len(text) - 1
          total = 0.0
          for starts in torch.arange(0, count - CONTEXT + 1, CONTEXT).split(64):
              inputs, targets = windows(text, starts)
              total += loss_sum(model(inputs), targets).item() * CONTEXT
          if rest := count % CONTEXT:
              inputs, targets = text[None, -rest - 1 : -1], text[None, -rest:]
              total += loss_sum(model(inputs), targets).item() * rest
          model.train()
          return total / count
      """
  }

  @PythonSource private var mainFunction: String {
    """
    def main():
        parser = argparse.ArgumentParser(description="Continues the training of the run.")
        parser.add_argument("--steps", type=int, help="steps to take; by default to the end")
    """
    if plateau == nil {
      """
          parser.add_argument(
              "--learning-rate",
              type=float,
              default=\(learningRate / 10),
              help="rate of steps behind the end of the run (%(default)s)",
          )
      """
    }
    """
        parser.add_argument("--log-every", type=int, default=100, help="steps between lines")
        arguments = parser.parse_args()

        rank, world_size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if world_size > 1:
            dist.init_process_group("gloo")
    """
    if drops { "    torch.manual_seed(rank)  # of what is dropped" }
    """

        checkpoint = load_file(FOLDER / "checkpoint.safetensors")
        model = Model()
        model.load_state_dict(part(checkpoint, "model/"))
        network = DistributedDataParallel(model) if world_size > 1 else model
    \(optimizerCreation)
        for name, parameter in model.named_parameters():
            optimizer.state[parameter].update(part(checkpoint, f"optimizer/{name}."))
    """
    if let wrapper = optimizer.wrapper {
      """
          names = [name for name, _ in model.named_parameters()]
          weights = [checkpoint[f"wrapper/{name}"] for name in names]
          \(wrapper.name) = \(wrapper.type)(
              model.parameters(), weights, checkpoint["wrapper.steps"].item())
      """
    }
    if optimizer.evaluatesOtherWeights { "    evaluated = copy.deepcopy(model)" }
    if let plateau { plateauCreation(plateau) }
    """
        best_loss = checkpoint["best_loss"].item()
        stale = checkpoint["stale_evaluations"].item()

        data = load_file(FOLDER / "data.safetensors")
    """
    if !isText {
      #"    inputs, targets = data["training.inputs"], data["training.targets"]"#
    }
    """
        schedule = load_file(FOLDER / "schedule.safetensors")
        first_step, step = schedule["first_step"].item(), checkpoint["step"].item()
        batches = list(schedule["order"].long().split(schedule["batch_sizes"].tolist()))
        last_step = first_step + len(batches) if arguments.steps is None else step + arguments.steps
        if rank == 0 and step >= last_step:
            print(f"the run is finished after step {step}; --steps N takes N more")
        generator = torch.Generator().manual_seed(0)
        while first_step + len(batches) < last_step:  # in a new order, behind the end of the run
            batches += torch.randperm(EXAMPLES, generator=generator).split(STEP_SIZE)
    """
    if plateau == nil {
      """
          rates = schedule["learning_rate"].tolist()
          rates += [arguments.learning_rate] * (len(batches) - len(rates))
      """
    }
    if options.momentumSchedule != nil {
      #"    momenta = schedule["momentum"].tolist()"#
    }
    """

        while step < last_step:
            batch = batches[step - first_step]
    """
    if plateau == nil || options.momentumSchedule != nil { groupSettings }
    batchGradient
    """
            if world_size > 1:
                dist.all_reduce(loss)
    """
    update
    """
            optimizer.zero_grad()
            step += 1
            if rank == 0 and step % arguments.log_every == 0:
                print(f"step {step}  loss {loss.item()\(reportedFactor):.6f}", flush=True)
            if step % STEPS_PER_EPOCH and step < last_step:
                continue

    """
    evaluation
    if options.patience != nil {
      """
              if stale >= PATIENCE:
                  break
      """
    }
    """
        if world_size > 1:
            dist.destroy_process_group()
    """
  }

  // MARK: - Parts of main

  private var optimizerCreation: String {
    let parameters = usesGroups ? "parameter_groups(model)" : "model.parameters()"
    // The classes differ in their standard weight decay.
    let decay = optimizer.decaysApart ? [] : ["weight_decay=\(optimizer.weightDecay)"]
    let arguments = [parameters, "lr=\(learningRate)"] + optimizer.arguments + decay
    let line = "    optimizer = \(optimizer.type)(\(arguments.joined(separator: ", ")))"
    if line.unicodeScalars.count <= Python.lineWidth { return line }
    return """
          optimizer = \(optimizer.type)(
      \(arguments.map { "        \($0)," }.joined(separator: "\n"))
          )
      """
  }

  private func plateauCreation(_ plateau: ReduceOnPlateau) -> String {
    let threshold =
      switch plateau.threshold {
      case .relative(let part): "threshold=\(part)"
      case .absolute(let amount): #"threshold=\#(amount), threshold_mode="abs""#
      }
    return """
          scheduler = ReduceLROnPlateau(
              optimizer,
              factor=\(plateau.factor),
              patience=\(plateau.patience),
              \(threshold),
              cooldown=\(plateau.cooldown),
              min_lr=\(plateau.floor),
              eps=\(plateau.epsilon),
          )
          rate, scheduler.best, *counts = checkpoint["plateau"].tolist()
          scheduler.num_bad_epochs, scheduler.cooldown_counter = map(int, counts)
          for group in optimizer.param_groups:
              group["lr"] = rate
      """
  }

  @PythonSource private var groupSettings: String {
    "        for group in optimizer.param_groups:"
    if plateau == nil {
      #"            group["lr"] = rates[step - first_step]"#
    }
    if options.momentumSchedule != nil {
      "            momentum = momenta[min(step - first_step, len(momenta) - 1)]"
      if optimizer.hasBetas {
        #"            group["betas"] = (momentum, group["betas"][1])"#
      } else {
        #"            group["momentum"] = momentum"#
      }
    }
  }

  /// The mean loss of the batch, as `loss`, and its gradients.
  private var batchGradient: String {
    let examples =
      isText
      ? "x, y = windows(data[\"training\"], rows)" : "x, y = inputs[rows], targets[rows]"
    if accumulates {
      return """
                loss = torch.zeros(())
                for rows in batch.split(BATCH_SIZE):
                    rows = rows[rank::world_size]
                    \(examples)
                    part_loss = loss_sum(network(x), y) / len(batch)
                    (part_loss * world_size).backward()  # the processes take the mean
                    loss += part_loss.detach()
        """
    }
    return """
              rows = batch[rank::world_size]
              \(examples)
              loss = loss_sum(network(x), y) / len(batch)
              (loss * world_size).backward()  # the processes take the mean
              loss = loss.detach()
      """
  }

  /// The step of the optimizer.
  @PythonSource private var update: String {
    if !skipsNonFinite {
      """
              if not loss.isfinite():
                  sys.exit(f"the loss is {loss.item()} at step {step + 1}")
      """
    }
    if skipsNonFinite {
      """
              norm = clip_grad_norm_(model.parameters(), float("inf"))
              if loss.isfinite() and norm.isfinite():  # other steps are skipped
      """
    }
    let indentation = skipsNonFinite ? "            " : "        "
    if let value = options.clipValue {
      "\(indentation)clip_grad_value_(model.parameters(), \(value))"
    }
    if let norm = options.clipNorm {
      "\(indentation)clip_grad_norm_(model.parameters(), \(norm))"
    }
    if optimizer.decaysApart {
      """
      \(indentation)with torch.no_grad():  # decoupled weight decay
      \(indentation)    for parameter in model.parameters():
      \(indentation)        if parameter.ndim >= 2:
      \(indentation)            parameter.mul_(1 - optimizer.param_groups[0]["lr"] * WEIGHT_DECAY)
      """
    }
    "\(indentation)optimizer.step()"
    if let wrapper = optimizer.wrapper { "\(indentation)\(wrapper.name).step()" }
  }

  /// The evaluation, and what is saved after it.
  @PythonSource private var evaluation: String {
    let model = optimizer.evaluatesOtherWeights ? "evaluated" : "model"
    if optimizer.evaluatesOtherWeights {
      """
              with torch.no_grad():
      """
      if let beta = optimizer.averageBeta {
        """
                    for average, y in zip(evaluated.parameters(), model.parameters()):
                        average.copy_(y.lerp(optimizer.state[y]["z"], 1 - 1 / \(beta)))
        """
      } else if let wrapper = optimizer.wrapper {
        """
                    for parameter, weight in zip(evaluated.parameters(), \(wrapper.name).weights):
                        parameter.copy_(weight)
        """
      }
    }
    """
            value = validation_loss(\(model), data)
    """
    if plateau != nil {
      "        scheduler.step(value)"
    }
    """
            is_best = value < best_loss
            best_loss, stale = (value, 0) if is_best else (best_loss, stale + 1)
            if rank == 0:
                print(f"step {step}  validation loss {value:.6f}", flush=True)
                if is_best:
                    save("weights.safetensors", \(model).state_dict())
                tensors = {f"model/{k}": tensor for k, tensor in model.state_dict().items()}
                for name, parameter in model.named_parameters():
                    for key, tensor in optimizer.state[parameter].items():
                        tensors[f"optimizer/{name}.{key}"] = tensor
    """
    if let wrapper = optimizer.wrapper {
      """
                  for name, weight in zip(names, \(wrapper.name).weights):
                      tensors[f"wrapper/{name}"] = weight
                  tensors["wrapper.steps"] = torch.tensor(\(wrapper.name).steps)
      """
    }
    if plateau != nil {
      """
                  rate, counts = optimizer.param_groups[0]["lr"], scheduler.num_bad_epochs
                  values = [rate, scheduler.best, counts, scheduler.cooldown_counter]
                  tensors["plateau"] = torch.tensor(values, dtype=torch.float64)
      """
    }
    """
                tensors["step"] = torch.tensor(step)
                tensors["best_loss"] = torch.tensor(best_loss, dtype=torch.float64)
                tensors["stale_evaluations"] = torch.tensor(stale)
                save("checkpoint.safetensors", tensors)
    """
  }
}

extension PyTorchOptimizer {
  /// Whether other weights are evaluated than those in training.
  var evaluatesOtherWeights: Bool { wrapper != nil || averageBeta != nil }
}
