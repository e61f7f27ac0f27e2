namespace EventCluster.Core.Decisions;

/// <summary>
/// Memory for the blocks of one stream. Small blocks that follow one another share an array: what a busy stream keeps in
/// memory is then a few objects and not one per event, which is what a collection costs. A byte is given away once, so
/// a block whose commit did not land can be written or read by somebody still.
/// </summary>
internal sealed class BlockMemory
{
    /// <summary>Most bytes of a shared array; a loaded stream wastes at most as many.</summary>
    public const int LargestArray = 4 * 1024;

    /// <summary>From this size on a block has an array of its own.</summary>
    private const int OwnArray = LargestArray / 4;

    private byte[] _array = [];
    private int _used;

    /// <summary>Memory that nothing was taken from.</summary>
    public BlockMemory() => Take = TakeBytes;

    /// <summary>Gives bytes for one block, which are written once.</summary>
    public Func<int, Memory<byte>> Take { get; }

    /// <summary>Lets go of the shared array, because memory is short: the next one begins with what it needs.</summary>
    public void Restart() => (_array, _used) = ([], 0);

    private Memory<byte> TakeBytes(int size)
    {
        if (size >= OwnArray)
        {
            return GC.AllocateUninitializedArray<byte>(size);
        }

        if (_array.Length - _used < size)
        {
            // Twice the one before: a stream that got little wastes little.
            _array = GC.AllocateUninitializedArray<byte>(Math.Clamp(_array.Length * 2, size, LargestArray));
            _used = 0;
        }

        var taken = _array.AsMemory(_used, size);
        _used += size;
        return taken;
    }
}
