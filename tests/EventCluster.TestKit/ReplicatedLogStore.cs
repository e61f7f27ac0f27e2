using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.TestKit;

/// <summary>
/// A medium with a standby: what is committed is copied to it until the standby falls behind; when it is promoted, everything
/// after that is lost.
/// </summary>
/// <param name="primary">Where commits go.</param>
/// <param name="standby">Empty; gets the same commits.</param>
public sealed class ReplicatedLogStore(ILogStore primary, ILogStore standby) : DecoratedLogStore(primary)
{
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private bool _isBehind;
    private bool _isPromoted;

    /// <inheritdoc />
    protected override ILogStore Inner => Volatile.Read(ref _isPromoted) ? standby : base.Inner;

    /// <summary>The standby gets nothing more.</summary>
    public void FallBehind() => Volatile.Write(ref _isBehind, true);

    /// <summary>The standby is the medium from now on.</summary>
    public void Promote() => Volatile.Write(ref _isPromoted, true);

    /// <inheritdoc />
    public override ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken) =>
        BothAsync(store => store.OpenAsync(name, cancellationToken));

    /// <inheritdoc />
    public override ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken) =>
        BothAsync(store => store.CommitAsync(commit, cancellationToken));

    private async ValueTask<T> BothAsync<T>(Func<ILogStore, ValueTask<T>> ask)
    {
        await _oneAtATime.WaitAsync();
        try
        {
            var answer = await ask(Inner);
            if (!_isBehind && !_isPromoted)
            {
                await ask(standby);
            }

            return answer;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
