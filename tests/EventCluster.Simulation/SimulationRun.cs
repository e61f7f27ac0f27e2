using EventCluster.Simulation.Media;
using EventCluster.Simulation.World;
using EventCluster.TestKit;
using EventCluster.TestKit.History;

namespace EventCluster.Simulation;

/// <summary>
/// One deterministic run: everything, continuations and timers included, happens on the calling thread in an order that
/// the seed decides. Checkers watch during the run; in the end the faults stop, everybody gets an answer, every stream is
/// read to its end, and the history of what was acknowledged and seen is judged.
/// </summary>
public sealed class SimulationRun : IDisposable
{
    private readonly SimulationOptions _options;
    private readonly Random _random;
    private readonly VirtualTimeProvider _clock = new();
    private readonly DeterministicTaskScheduler _scheduler;
    private readonly Trace _trace;
    private readonly IMedium _medium;
    private readonly Node _node;
    private readonly WorldState _world;
    private readonly Lifecycle _lifecycle;
    private readonly Meddler _meddler;
    private readonly Producer[] _producers;
    private readonly Reader[] _readers;
    private readonly MortalStream[] _mortals;
    private readonly List<Task> _running = [];

    /// <summary>A run that has not begun.</summary>
    public SimulationRun(SimulationOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _scheduler = new DeterministicTaskScheduler(new Random(_random.Next()));
        _trace = new Trace(options.TraceTo);
        _medium = options.InMemory
            ? new MemoryMedium(_random.Next())
            : new DiskMedium(_random.Next(), _clock, _scheduler, _trace, options.SkipFlush);
        _node = new Node(_medium, _clock, new Random(_random.Next()), _trace);
        _world = new WorldState(_node, _clock, _trace, new Random(_random.Next()));
        _lifecycle = new Lifecycle(_world);
        _meddler = new Meddler(_world);
        _producers = [.. Enumerable.Range(0, 6).Select(i => new Producer(_world, $"p{i}"))];
        _readers = [.. Enumerable.Range(0, 8).Select(i => new Reader(_world, $"r{i}"))];
        _mortals = [.. Enumerable.Range(0, 3).Select(i => new MortalStream(_world, $"m/{i}"))];
    }

    /// <summary>Runs to the end.</summary>
    public SimulationResult Run()
    {
        _medium.SetFaults(on: true);
        for (var step = 0; step < _options.Steps && _trace.Violations.Count == 0; step++)
        {
            Step();
            LetRun();
        }

        if (TrySettle())
        {
            foreach (var fault in HistoryChecker.Check(_world.History.Entries))
            {
                _trace.Violation($"{fault.Kind}: {fault.Detail}");
            }
        }

        foreach (var (fault, count) in _medium.FaultCounts)
        {
            _trace.Count(fault, count);
        }

        return new SimulationResult(
            _options.Seed, _options.Steps, _trace.Counts, _trace.Hash(), _trace.Violations, _world.History);
    }

    /// <inheritdoc />
    public void Dispose() => _trace.Dispose();

    private void Step()
    {
        if (!_node.IsUp)
        {
            if (!_node.IsChanging && _random.Next(4) == 0)
            {
                // A start needs room; an operator makes some.
                _medium.SetFull(_random.Next(3) == 0);
                Start(_node.StartAsync);
            }
        }
        else if (_node.IsFailed || _random.Next(150) == 0)
        {
            StopOrCrash();
        }

        StartAction(_random.Next(100));
    }

    private void StartAction(int die)
    {
        switch (die)
        {
            case < 34:
                Start(() => _producers[_random.Next(_producers.Length)].StepAsync(mayBegin: true));
                break;
            case < 62:
                Start(_readers[_random.Next(_readers.Length)].StepAsync);
                break;
            case < 68:
                With(s => s.IsUsable, _meddler.AppendAsync);
                break;
            case < 76:
                Create();
                break;
            case < 78:
                With(s => s.IsUsable && s.Users == 0, _lifecycle.DeleteAsync);
                break;
            case < 80:
                With(s => s.Phase == SlotPhase.Deleting && !s.IsTaken, _lifecycle.DeleteAsync);
                break;
            case < 83:
                With(s => s.IsUsable, _meddler.TrimAsync);
                break;
            case < 84:
                With(s => s.IsUsable && s.Name.Value[^1] is '1' or '4', _meddler.RetainAsync);
                break;
            case < 85:
                With(s => s.IsUsable && s.Name.Value[^1] is '2' or '5', _meddler.CloseAsync);
                break;
            case < 89:
                With(s => s.IsUsable, _meddler.DescribeAsync);
                break;
            case < 90:
                Start(_meddler.ListAsync);
                break;
            case < 96:
                Start(_mortals[_random.Next(_mortals.Length)].StepAsync);
                break;
            case < 98:
                _trace.Add("time passes");
                Advance(TimeSpan.FromSeconds(_random.Next(1, 40)));
                break;
            default:
                var full = _random.Next(3) == 0;
                _trace.Add($"full {full}");
                _medium.SetFull(full);
                break;
        }
    }

    private void Create()
    {
        if (_world.Pick(s => !s.IsTaken && s.Phase is SlotPhase.Absent or SlotPhase.Creating) is { } slot)
        {
            var source = slot.IsFork ? _world.Pick(s => s.IsUsable) : null;
            Start(() => CanCreate(slot, source) ? _lifecycle.CreateAsync(slot, source) : Task.CompletedTask);
        }
    }

    private static bool CanCreate(StreamSlot slot, StreamSlot? source) => !slot.IsTaken && slot.Phase switch
    {
        SlotPhase.Absent => slot.IsFork ? source is { IsUsable: true } : source is null,
        SlotPhase.Creating => true,
        _ => false,
    };

    private void StopOrCrash()
    {
        switch (_random.Next(4))
        {
            case 0 when !_node.IsChanging:
                Start(_node.StopAsync);
                break;
            case 1:
                Crash(power: false);
                break;
            default:
                Crash(power: true);
                break;
        }
    }

    private void With(Func<StreamSlot, bool> condition, Func<StreamSlot, Task> action)
    {
        if (_world.Pick(condition) is { } slot)
        {
            // What was true when the action was chosen may have changed before it runs.
            Start(() => condition(slot) ? action(slot) : Task.CompletedTask);
        }
    }

    private void Start(Func<Task> action) => _running.Add(_scheduler.Start(action));

    // Timers and deaths set off asynchronous work, which must find the scheduler as the current one to stay on it.
    private void Advance(TimeSpan by) => Start(() =>
    {
        _clock.Advance(by);
        return Task.CompletedTask;
    });

    private void Crash(bool power) => Start(() =>
    {
        _node.Crash(power);
        return Task.CompletedTask;
    });

    private void LetRun()
    {
        switch (_random.Next(4))
        {
            case 0:
                _scheduler.RunUntilIdle();
                break;
            case 1:
                Advance(TimeSpan.FromMilliseconds(_random.Next(2_000)));
                break;
            default:
                for (var i = _random.Next(60); i > 0 && _scheduler.RunOne(); i--)
                {
                    // Each task is one step of some request.
                }

                break;
        }

        Harvest();
    }

    private void Harvest()
    {
        foreach (var task in _running.Where(t => t.IsFaulted))
        {
            _trace.Violation($"an actor failed: {task.Exception!.InnerException}");
        }

        _running.RemoveAll(t => t.IsCompleted);
    }

    /// <summary>No more faults: one last crash, then every open request is answered and every stream read to its end.</summary>
    private bool TrySettle()
    {
        _trace.Add("settle");
        _medium.SetFaults(on: false);
        _medium.SetFull(full: false);
        if (_node.IsUp)
        {
            Crash(power: true);
        }

        Drain("requests end", () => _running.Count == 0);
        _running.Add(_scheduler.Start(_node.StartAsync));
        Drain("node starts", () => _running.Count == 0);
        if (!_node.IsUp)
        {
            _trace.Violation("The node does not start though nothing is broken.");
            return false;
        }

        foreach (var slot in _world.Slots.Where(s => s.Phase is SlotPhase.Creating).ToArray())
        {
            Drive($"creation of {slot.Life} settles", () => slot.Phase != SlotPhase.Creating, () => _lifecycle.CreateAsync(slot, slot.Source));
        }

        foreach (var slot in _world.Slots.Where(s => s.Phase is SlotPhase.Deleting).ToArray())
        {
            Drive($"deletion of {slot.Life} settles", () => slot.Phase != SlotPhase.Deleting, () => _lifecycle.DeleteAsync(slot));
        }

        foreach (var producer in _producers)
        {
            Drive("producers settle", () => producer.IsSettled, () => producer.StepAsync(mayBegin: false));
        }

        foreach (var slot in _world.Slots.Where(s => s.Phase == SlotPhase.Live).ToArray())
        {
            Drive($"{slot.Life} is read and deleted", () => slot.Phase == SlotPhase.Absent, () => _lifecycle.DeleteAsync(slot));
        }

        CheckNothingIsLeft();
        return true;
    }

    /// <summary>With every stream deleted, no hold, no soft-deleted source and no due entry may stay behind.</summary>
    private void CheckNothingIsLeft()
    {
        if (_trace.Violations.Count > 0)
        {
            return;
        }

        foreach (var slot in _world.Slots)
        {
            Drive(
                $"the name {slot.Name} is free again",
                () => slot.Phase == SlotPhase.Live,
                () => _lifecycle.CreateAsync(slot, source: null));
            if (slot.Phase != SlotPhase.Live)
            {
                Start(async () => _trace.Violation($"{slot.Name}: {await _node.DescribeStoredAsync(slot.Name)}"));
                Drain("stored state is read", () => _running.Count == 0);
                continue;
            }

            Drive($"{slot.Name} is read and deleted", () => slot.Phase == SlotPhase.Absent, () => _lifecycle.DeleteAsync(slot));
        }

        Start(_node.StopAsync);
        Drain("node stops", () => !_node.IsUp && _running.Count == 0);
    }

    private void Drive(string phase, Func<bool> reached, Func<Task> action)
    {
        for (var i = 0; !reached(); i++)
        {
            if (i == 200 || _trace.Violations.Count > 20)
            {
                _trace.Violation($"not reached: {phase}");
                return;
            }

            Start(action);
            Drain(phase, () => _running.Count == 0);
            Advance(TimeSpan.FromSeconds(1));
        }
    }

    private void Drain(string phase, Func<bool> reached)
    {
        for (var i = 0; i < 2_000; i++)
        {
            _scheduler.RunUntilIdle();
            Harvest();
            if (reached())
            {
                return;
            }

            Advance(TimeSpan.FromMilliseconds(100));
        }

        _trace.Violation($"hangs: {phase}");
        _running.Clear();
    }
}
