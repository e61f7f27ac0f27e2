using System.Globalization;
using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Salvage;

namespace EventCluster.Storage.LocalDisk.Tests;

/// <summary>
/// States of test streams for a salvage: those of <see cref="ForkPlaces"/>, where a fork claims what it inherits from the last of its
/// ancestors. What a salvage adds stands behind them in words.
/// </summary>
internal sealed class ForkStates : ISalvagedStates
{
    private const string Released = " released";

    /// <summary>The identity of a fork's reservation.</summary>
    public static string IdOf(string fork) => $"reservation of {fork}";

    /// <summary>The state of a fork that gave its source up.</summary>
    public static ReadOnlyMemory<byte> Release(ReadOnlyMemory<byte> state) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(state.Span) + Released);

    /// <inheritdoc />
    public IReadOnlyList<BlockRange> PlacesOf(StoredHead head) => ForkPlaces.Of(head with
    {
        State = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(head.State.Span).Replace(Released, "", StringComparison.Ordinal)),
    });

    /// <inheritdoc />
    public ForkClaim? ClaimOf(StoredHead head)
    {
        var text = Encoding.UTF8.GetString(head.State.Span);
        var words = text.Split(' ');
        return words[0] != "inherits" || text.EndsWith(Released, StringComparison.Ordinal)
            ? null
            : new ForkClaim(StreamName.Parse(words[^3]), IdOf(head.Name.Value), long.Parse(words[^1], CultureInfo.InvariantCulture));
    }

    /// <inheritdoc />
    public bool HasReservation(ReadOnlyMemory<byte> state, ForkClaim claim) =>
        Encoding.UTF8.GetString(state.Span).Contains($"holds {claim.Id};", StringComparison.Ordinal);

    /// <summary>The state as it is, so that its places can be asked for; nothing of a test depends on the rest.</summary>
    public ReadOnlyMemory<byte> Amend(ReadOnlyMemory<byte> state, SequenceRange lost, bool hasReservations) => state;
}
