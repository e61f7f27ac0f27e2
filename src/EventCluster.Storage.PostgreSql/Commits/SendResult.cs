using EventCluster.Storage.PostgreSql.Faults;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>What became of a group that was sent.</summary>
/// <param name="Error">Why nothing of it was written, so that its commits still wait for an answer; null when they have one.</param>
/// <param name="Fault">What the error means.</param>
/// <param name="GoesOn">The next group may be sent.</param>
internal readonly record struct SendResult(Exception? Error, DatabaseFault Fault, bool GoesOn)
{
    /// <summary>Its commits are answered.</summary>
    public static readonly SendResult Answered = new(null, DatabaseFault.Outage, GoesOn: true);

    /// <summary>Its commits are answered, with an unknown outcome: the database is away.</summary>
    public static readonly SendResult Unknown = new(null, DatabaseFault.Outage, GoesOn: false);

    /// <summary>Nothing was written, and its commits are not answered yet.</summary>
    public static SendResult NothingWritten(Exception error, DatabaseFault fault) => new(error, fault, IsOfOneStream(fault));

    /// <summary>Another stream's commit may succeed.</summary>
    public bool MayBeOfOneStream => IsOfOneStream(Fault);

    private static bool IsOfOneStream(DatabaseFault fault) =>
        fault is DatabaseFault.Stream or DatabaseFault.Conflict or DatabaseFault.Full;
}
