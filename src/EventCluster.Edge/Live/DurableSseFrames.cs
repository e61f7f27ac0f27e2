using System.Buffers;
using System.Globalization;
using System.Text;
using EventCluster.Protocol;

namespace EventCluster.Edge.Live;

/// <summary>The <c>control</c> event of <c>live=sse</c>, rendered per connection; <c>data:</c> without a space, which clients rely on.</summary>
internal static class DurableSseFrames
{
    public static void WriteControl(
        IBufferWriter<byte> output, StreamOffset next, long cursor, bool upToDate, bool closed)
    {
        var tail = closed
            ? "\"upToDate\":true,\"streamClosed\":true"
            : $"\"streamCursor\":\"{cursor.ToString(CultureInfo.InvariantCulture)}\"{(upToDate ? ",\"upToDate\":true" : "")}";
        Encoding.ASCII.GetBytes($"event: control\ndata:{{\"streamNextOffset\":\"{next}\",{tail}}}\n\n", output);
    }
}
