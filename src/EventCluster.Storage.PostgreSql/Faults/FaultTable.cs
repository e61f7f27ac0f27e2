using System.Collections.Frozen;
using System.Net.Sockets;
using EventCluster.Abstractions.Store;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Faults;

/// <summary>
/// The one place that decides what a failure of the database means, by SQLSTATE. A state that is not named is an outage: an
/// unexpected answer says nothing about the data, and the operator may be about to mend it.
/// </summary>
internal static class FaultTable
{
    private const int ClassLength = 2;
    private const bool Drops = true;
    private const bool Keeps = false;
    private const bool Final = true;
    private const bool Passes = false;

    /// <summary>The lines, for tests and documents.</summary>
    public static IReadOnlyList<FaultRule> Rules { get; } =
    [
        new("08", DatabaseFault.Connection, Drops, Passes),
        new("08P01", DatabaseFault.Outage, Drops, Final), // a pooler that refuses what Npgsql asks for
        new("0A", DatabaseFault.Outage, Drops, Final),
        new("0A000", DatabaseFault.Session, Drops, Final), // a cached plan whose table was changed
        new("22", DatabaseFault.Stream, Keeps, Final),
        new("23", DatabaseFault.Stream, Keeps, Final),
        new("24", DatabaseFault.Session, Drops, Passes),
        new("25", DatabaseFault.Session, Drops, Passes),
        new("25006", DatabaseFault.Connection, Drops, Final), // a standby, or a database set to read only
        new("26", DatabaseFault.Session, Drops, Final),
        new("28", DatabaseFault.Outage, Drops, Final),
        new("34", DatabaseFault.Session, Drops, Passes),
        new("3D", DatabaseFault.Outage, Drops, Final),
        new("3F", DatabaseFault.Outage, Drops, Final),
        new("40", DatabaseFault.Conflict, Keeps, Passes),
        new("40003", DatabaseFault.Connection, Drops, Passes),
        new("42", DatabaseFault.Outage, Drops, Final),
        new("42P05", DatabaseFault.Session, Drops, Final), // a pooler gave the session of another client
        new("53", DatabaseFault.Outage, Keeps, Passes), // dropped connections might not be given again
        new("53100", DatabaseFault.Full, Keeps, Passes),
        new("54", DatabaseFault.Stream, Keeps, Final),
        new("55", DatabaseFault.Outage, Drops, Passes),
        new("55006", DatabaseFault.Conflict, Keeps, Passes),
        new("55P03", DatabaseFault.Conflict, Keeps, Passes),
        new("57", DatabaseFault.Connection, Drops, Passes),
        new("57014", DatabaseFault.Outage, Drops, Passes), // a timeout that sessions took over when they began
        new("57P04", DatabaseFault.Outage, Drops, Final),
        new("58", DatabaseFault.Outage, Drops, Passes),
        new("72", DatabaseFault.Conflict, Keeps, Passes),
        new("P0", DatabaseFault.Stream, Keeps, Final),
    ];

    private static readonly FrozenDictionary<string, FaultRule> _byState =
        Rules.ToFrozenDictionary(static rule => rule.State, StringComparer.Ordinal);

    /// <summary>True for a failure of the database or of the way to it, and not of this program.</summary>
    public static bool IsOfDatabase(Exception exception) => exception is NpgsqlException or TimeoutException or SocketException
        || exception is IOException and not LogDamagedException and not StoreUnreachableException;

    /// <summary>What a failure means.</summary>
    public static FaultRule Of(Exception exception) => exception switch
    {
        PostgresException answered => Of(answered),
        PostgreSqlUnusableException => new("", DatabaseFault.Outage, Drops, Final),
        AggregateException several => OfHosts(several),
        NpgsqlException { InnerException: AggregateException several } => OfHosts(several),
        { InnerException: PostgreSqlUnusableException unusable } => Of(unusable),

        // It broke while it was idle, perhaps; one that cannot be made at all is not tried again at once.
        NpgsqlException { InnerException: IOException or ObjectDisposedException } or IOException =>
            new("", DatabaseFault.Connection, Drops, Passes),
        _ => new("", DatabaseFault.Outage, Drops, Passes),
    };

    /// <summary>True when nothing of the transaction was kept: an error ends it; what ends the connection may come after its commit.</summary>
    public static bool IsRolledBack(PostgresException exception) =>
        exception.InvariantSeverity == "ERROR" && exception.SqlState != PostgresErrorCodes.StatementCompletionUnknown;

    private static FaultRule Of(PostgresException answered)
    {
        var state = answered.SqlState;
        var rule = _byState.TryGetValue(state, out var found)
            || (state.Length > ClassLength && _byState.TryGetValue(state[..ClassLength], out found))
            ? found
            : new FaultRule(state, DatabaseFault.Outage, Drops, Final);

        // A fatal answer ended the session, whatever it was about.
        return answered.InvariantSeverity is "FATAL" or "PANIC" && rule.Fault != DatabaseFault.Outage
            ? rule with { Fault = DatabaseFault.Connection, DropsConnections = Drops }
            : rule;
    }

    /// <summary>Several hosts were tried: as long as one of them may come back, so may the database.</summary>
    private static FaultRule OfHosts(AggregateException several) => new(
        "", DatabaseFault.Outage, Drops, several.InnerExceptions.Count > 0 && several.InnerExceptions.All(inner => Of(inner).IsFinalAtStart));
}
