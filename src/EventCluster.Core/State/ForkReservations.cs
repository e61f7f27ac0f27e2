using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.State;

/// <summary>
/// All reservations of a stream's forks, ordered by position. One that is not confirmed yet is a <see cref="ForkHold"/> of
/// the stream's state, with the fork's name, since its fork may have to be asked for. A confirmed one is an entry of its
/// own beside the producers: a fork then costs its source the same whether it is the first or the ten-thousandth.
/// </summary>
internal sealed class ForkReservations
{
    private const string Prefix = ProducerStamp.ReservedPrefix + "fork/";
    private const int HashBytes = 16;

    private readonly Dictionary<string, ForkReservation> _byId = new(StringComparer.Ordinal);
    private readonly SortedSet<ForkReservation> _inOrder = new(ForkReservation.ByPosition);

    /// <summary>Number of reservations.</summary>
    public int Count => _byId.Count;

    /// <summary>The reservations in order of their first sequences.</summary>
    public SortedSet<ForkReservation> InOrder => _inOrder;

    /// <summary>The first sequence that any fork needs; null without forks.</summary>
    public long? First => _byId.Count == 0 ? null : _inOrder.Min.From;

    /// <summary>
    /// The key of a fork's reservation: its history, which makes it unique, and a hash of its name, as a history's number
    /// may be drawn again after a crash if nothing but a reservation carried it. It fits where a producer's identity does.
    /// </summary>
    public static string IdOf(StreamName fork, long incarnation)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(fork.Value), hash);
        var text = BinaryPrimitives.ReadUInt128BigEndian(hash[..HashBytes]).ToString("x32", CultureInfo.InvariantCulture);
        return $"{Prefix}{incarnation:x16}/{text}";
    }

    /// <summary>The entry that keeps a confirmed reservation in the store.</summary>
    public static ProducerEntry EntryOf(ForkReservation reservation) => new(reservation.Id, reservation.From, reservation.To, 0);

    /// <summary>An entry that <see cref="EntryOf"/> made; false for a producer.</summary>
    public static bool IsReservation(ProducerEntry entry) => entry.Id.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Adds what a store keeps.</summary>
    public void Add(ProducerEntry entry) => Add(new ForkReservation(entry.Id, entry.Epoch, entry.Sequence));

    /// <summary>Adds one that the state keeps.</summary>
    public void Add(ForkHold hold) => Add(new ForkReservation(IdOf(hold.Fork, hold.Incarnation), hold.From, hold.To));

    /// <summary>Looks one up.</summary>
    public bool TryGet(string id, out ForkReservation reservation) => _byId.TryGetValue(id, out reservation);

    /// <summary>Takes one out.</summary>
    public bool TryRemove(string id, [MaybeNullWhen(false)] out ForkReservation reservation) =>
        _byId.Remove(id, out reservation) && _inOrder.Remove(reservation);

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _byId.Clear();
        _inOrder.Clear();
    }

    private void Add(ForkReservation reservation)
    {
        TryRemove(reservation.Id, out _);
        _byId.Add(reservation.Id, reservation);
        _inOrder.Add(reservation);
    }
}
