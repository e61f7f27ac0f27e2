namespace EventCluster.TestKit;

/// <summary>
/// Waiting in tests: for a named phase, never for a time. The guard only ends a hang, and its message says which phase,
/// what was expected and what was seen.
/// </summary>
public static class Phase
{
    /// <summary>How long a phase may take before it counts as a hang.</summary>
    public static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    /// <summary>Slower than real time, so that a busy machine does not let deadlines pass that the test does not mean.</summary>
    private static readonly TimeSpan Creep = TimeSpan.FromMilliseconds(1);

    /// <summary>Waits until the observed value satisfies the condition, and returns it.</summary>
    /// <param name="phase">Name of the phase.</param>
    /// <param name="expected">What is waited for, in words.</param>
    /// <param name="observe">Reads the present value.</param>
    /// <param name="reached">True when the phase is reached.</param>
    /// <param name="cancellationToken">The test's own end.</param>
    /// <exception cref="TimeoutException">The hang guard.</exception>
    public static async Task<T> UntilAsync<T>(
        string phase, string expected, Func<T> observe, Func<T, bool> reached, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = observe();
            if (reached(seen))
            {
                return seen;
            }

            if (TimeProvider.System.GetElapsedTime(start) > HangGuard)
            {
                throw new TimeoutException($"Phase '{phase}': expected {expected}, seen {seen} after {HangGuard}.");
            }

            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>
    /// As <see cref="UntilAsync{T}(string, string, Func{T}, Func{T, bool}, CancellationToken)"/>, while others run on. Who of them has
    /// ended has failed: its exception is the story, and not that the phase waits for it in vain.
    /// </summary>
    /// <param name="phase">Name of the phase.</param>
    /// <param name="expected">What is waited for, in words.</param>
    /// <param name="observe">Reads the present value.</param>
    /// <param name="reached">True when the phase is reached.</param>
    /// <param name="running">Those who run on, each one's own task.</param>
    /// <param name="cancellationToken">The test's own end.</param>
    /// <exception cref="TimeoutException">The hang guard.</exception>
    /// <exception cref="InvalidOperationException">One of them ended without an exception.</exception>
    public static async Task<T> WhileAsync<T>(
        string phase, string expected, Func<T> observe, Func<T, bool> reached, IReadOnlyCollection<Task> running, CancellationToken cancellationToken)
    {
        var seen = await UntilAsync(
            phase, expected, observe, value => reached(value) || running.Any(static task => task.IsCompleted), cancellationToken);
        await Task.WhenAll(running.Where(static task => task.IsCompleted));
        return reached(seen) ? seen
            : throw new InvalidOperationException($"Phase '{phase}': expected {expected}, seen {seen} when one of those who run had ended.");
    }

    /// <summary>Waits until the condition holds.</summary>
    public static Task UntilAsync(string phase, Func<bool> reached, CancellationToken cancellationToken) =>
        UntilAsync(phase, "true", reached, static seen => seen, cancellationToken);

    /// <summary>Waits until a question is answered with yes, and takes a step after each no: usually one of a virtual clock.</summary>
    public static async Task UntilAsync(
        string phase, Func<Task<bool>> reached, Action step, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var steps = 0; !await reached(); steps++)
        {
            if (TimeProvider.System.GetElapsedTime(start) > HangGuard)
            {
                throw new TimeoutException($"Phase '{phase}': not reached after {steps} steps and {HangGuard}.");
            }

            step();

            // Work that a timer starts runs beside the test, so each step gets a moment of real time.
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>
    /// Moves a virtual clock and waits for what that brings. Until it is there the clock creeps on: a timer that was set
    /// only after the move, because the machine is busy, is reached too.
    /// </summary>
    public static async Task<T> AfterAsync<T>(
        TimeSpan time, VirtualTimeProvider clock, string phase, Task<T> effect, CancellationToken cancellationToken)
    {
        clock.Advance(time);
        await UntilAsync(phase, () => Task.FromResult(effect.IsCompleted), () => clock.Advance(Creep), cancellationToken);
        return await effect;
    }

    /// <summary>The same for an effect that is seen by looking.</summary>
    public static Task AfterAsync(
        TimeSpan time, VirtualTimeProvider clock, string phase, Func<bool> reached, CancellationToken cancellationToken)
    {
        clock.Advance(time);
        return UntilAsync(phase, () => Task.FromResult(reached()), () => clock.Advance(Creep), cancellationToken);
    }

    /// <summary>Waits for a task under the hang guard, and returns its result.</summary>
    /// <exception cref="TimeoutException">The hang guard.</exception>
    public static async Task<T> OfAsync<T>(string phase, Task<T> task)
    {
        await OfAsync(phase, (Task)task);
        return await task;
    }

    /// <summary>Waits for a task under the hang guard.</summary>
    /// <exception cref="TimeoutException">The hang guard.</exception>
    public static async Task OfAsync(string phase, Task task)
    {
        try
        {
            await task.WaitAsync(HangGuard, TimeProvider.System);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Phase '{phase}': expected an end, seen a {task.Status} task after {HangGuard}.");
        }
    }
}
