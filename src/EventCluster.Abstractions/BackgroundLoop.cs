namespace EventCluster.Abstractions;

/// <summary>
/// A loop that runs until it is told to stop. It counts as started only when its start has succeeded; if it ends by itself
/// that is a <see cref="Fault"/>, never silence. Stopping works in every state: not started, failed to start, ended.
/// </summary>
/// <param name="name">What it does, for the operator.</param>
public sealed class BackgroundLoop(string name) : IBackgroundPart
{
    private volatile Task? _run;
    private volatile string? _notStarted;
    private volatile bool _isStopping;

    /// <inheritdoc />
    public string? Fault => _isStopping
        ? null
        : _run switch
        {
            null => _notStarted,
            { IsCompleted: false } => null,
            { Exception: { } e } => $"The {name} has ended: {e.GetBaseException().Message}",
            _ => $"The {name} has ended.",
        };

    /// <summary>Starts it. What <paramref name="run"/> throws is a fault until a later start succeeds, and is thrown on.</summary>
    public void Start(Func<Task> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        try
        {
            _run = run();
            _notStarted = null;
        }
        catch (Exception e)
        {
            _notStarted = $"The {name} could not be started: {e.Message}";
            throw;
        }
    }

    /// <summary>From now on its end is no fault.</summary>
    public void NoteStop() => _isStopping = true;

    /// <summary>Waits for its end, however it comes; the caller has told it to stop.</summary>
    public async Task StopAsync()
    {
        _isStopping = true;
        if (_run is { } run)
        {
            // A loop that died must not take the rest of a stop with it. The context is kept: a simulation orders by it.
            await run.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
