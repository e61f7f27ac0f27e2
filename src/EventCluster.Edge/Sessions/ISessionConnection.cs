using System.IO.Pipelines;

namespace EventCluster.Edge.Sessions;

/// <summary>Where the slices of a session go; written by its loop alone.</summary>
internal interface ISessionConnection
{
    /// <summary>Whether something was written since the last flush.</summary>
    bool HasUnflushed { get; }

    /// <summary>Most bytes of the next slice.</summary>
    int Slice { get; }

    /// <summary>Hands over what was written; completes when the client took most of it.</summary>
    ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken);
}
