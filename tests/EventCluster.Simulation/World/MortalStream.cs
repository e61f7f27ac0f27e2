using EventCluster.Abstractions.Streams;

namespace EventCluster.Simulation.World;

/// <summary>
/// A stream with a sliding time to live (CORRECTNESS rule 9): never gone before its deadline, and surely gone when asked
/// one persisting interval after the latest access that may have counted.
/// </summary>
internal sealed class MortalStream(WorldState world, string name)
{
    private readonly StreamSlot _slot = new(name);
    private long _ttl;
    private TimeSpan _aliveUntil;
    private TimeSpan _goneAfter;
    private bool _isBusy;

    private TimeSpan Now => world.Clock.Elapsed;

    /// <summary>Creates, touches or looks.</summary>
    public async Task StepAsync()
    {
        if (_isBusy)
        {
            return;
        }

        _isBusy = true;
        try
        {
            if (_slot.Phase != SlotPhase.Live)
            {
                await CreateAsync();
            }
            else if (world.Random.Next(3) == 0)
            {
                await TouchAsync();
            }
            else
            {
                await LookAsync();
            }
        }
        finally
        {
            _isBusy = false;
        }
    }

    private async Task CreateAsync()
    {
        var started = Now;
        if (_slot.Phase == SlotPhase.Absent)
        {
            _ttl = world.Random.Next(2, 60);
            _slot.Phase = SlotPhase.Creating;
        }

        var request = new CreateRequest { TtlSeconds = _ttl };
        switch (await world.CallAsync(_slot, $"create mortal {_ttl}", s => s.CreateAsync(request, CancellationToken.None)))
        {
            case CreateOutcome.Created created:
                _slot.Begin(created.Descriptor);
                Alive(started, isCertain: true);
                break;
            case CreateOutcome.Exists exists:
                // Made by an earlier, unanswered create: when it was last accessed is not known.
                _slot.Begin(exists.Descriptor);
                _aliveUntil = TimeSpan.Zero;
                Alive(started, isCertain: false);
                break;
        }
    }

    private async Task TouchAsync()
    {
        var started = Now;
        var request = new AppendRequest { Events = [Payloads.Encode("x")] };
        var answer = await world.CallAsync(_slot, "touch", s => s.AppendAsync(request, CancellationToken.None));
        switch (answer)
        {
            case AppendOutcome.Appended:
                Judge(started, isAlive: true);
                Alive(started, isCertain: true);
                break;
            case AppendOutcome.NotFound:
                Judge(started, isAlive: false);
                break;
            default:
                Alive(started, isCertain: false);
                break;
        }
    }

    private async Task LookAsync()
    {
        var started = Now;
        switch (await world.CallAsync(_slot, "look", s => s.DescribeAsync(CancellationToken.None)))
        {
            case DescribeOutcome.Found:
                Judge(started, isAlive: true);
                break;
            case DescribeOutcome.NotFound:
                Judge(started, isAlive: false);
                break;
        }
    }

    private void Alive(TimeSpan touched, bool isCertain)
    {
        var interval = TimeSpan.FromSeconds(Math.Max(1, _ttl / 8.0));
        _goneAfter = Later(_goneAfter, Now + TimeSpan.FromSeconds(_ttl) + interval);
        if (isCertain)
        {
            _aliveUntil = Later(_aliveUntil, touched + TimeSpan.FromSeconds(_ttl));
        }
    }

    private void Judge(TimeSpan asked, bool isAlive)
    {
        world.Trace.Count(isAlive ? "mortals seen alive" : "mortals ended");
        if (isAlive && asked > _goneAfter)
        {
            world.Trace.Violation($"{_slot.Name} lives at {asked} though it ended by {_goneAfter}");
        }

        if (!isAlive)
        {
            if (Now < _aliveUntil)
            {
                world.Trace.Violation($"{_slot.Name} is gone at {Now} though it lives until {_aliveUntil}");
            }

            (_aliveUntil, _goneAfter) = (TimeSpan.Zero, TimeSpan.Zero);
            _slot.End();
        }
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
