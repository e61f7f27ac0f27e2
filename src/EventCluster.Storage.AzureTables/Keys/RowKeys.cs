using System.Globalization;

namespace EventCluster.Storage.AzureTables.Keys;

/// <summary>
/// The rows of a stream's partition. Blocks are keyed by incarnation (CORRECTNESS rule 13) and by the sequence after their
/// last event: the service reads only upwards, and so the first row behind a position is the block that holds it.
/// </summary>
internal static class RowKeys
{
    /// <summary>The head.</summary>
    public const string Head = "h";

    /// <summary>Before every block.</summary>
    public const string Block = "b";

    /// <summary>Behind every block.</summary>
    public const string AfterBlocks = "c";

    /// <summary>Before every producer.</summary>
    public const string Producer = "p";

    /// <summary>Before every part of a state that does not fit the head.</summary>
    public const string State = "s";

    /// <summary>Behind producers and states.</summary>
    public const string AfterAll = "t";

    private const int NumberDigits = 16;

    /// <summary>A part of a block.</summary>
    public static string OfBlock(long incarnation, long end, int part) => $"{OfBlock(incarnation, end)}{part:x2}";

    /// <summary>Before every part of the block that ends there, and behind those that end earlier.</summary>
    public static string OfBlock(long incarnation, long end) => $"{OfHistory(incarnation)}{end:x16}";

    /// <summary>Before every block of a history.</summary>
    public static string OfHistory(long incarnation) => $"{Block}{incarnation:x16}";

    /// <summary>The history in a block's key.</summary>
    public static long IncarnationOf(string row) => Number(row, 1);

    /// <summary>The sequence after the last event in a block's key.</summary>
    public static long EndOf(string row) => Number(row, 1 + NumberDigits);

    /// <summary>The number of a block's or state's part.</summary>
    public static int PartOf(string row) => int.Parse(row.AsSpan(1 + (2 * NumberDigits), 2), NumberStyles.HexNumber);

    /// <summary>A producer of a stream that was created under a stamp.</summary>
    public static string OfProducer(Stamp birth, string id) => $"{Producer}{birth}{NameKey.Encode(id)}";

    /// <summary>A part of the state that a commit with this stamp wrote.</summary>
    public static string OfState(Stamp commit, int part) => $"{State}{commit}{part:x2}";

    /// <summary>The stamp in the key of a producer or a state.</summary>
    public static Stamp StampOf(string row) => new(Number(row, 1), Number(row, 1 + NumberDigits));

    private static long Number(string row, int at) => long.Parse(row.AsSpan(at, NumberDigits), NumberStyles.HexNumber);
}
