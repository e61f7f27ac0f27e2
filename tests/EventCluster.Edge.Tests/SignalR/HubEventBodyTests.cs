using System.Text;
using EventCluster.Edge.SignalR;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>Events of SignalR's event stream end where its messages do, however its pipe was emptied.</summary>
public sealed class HubEventBodyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What SignalR writes, and what the client gets. <c>|</c> stands for the end of a message, <c>;</c> for a line end.</summary>
    [Theory]
    [InlineData(":;", ":;")]
    [InlineData(":;data: a|;;", ":;data: a|;;")]
    [InlineData(":;data: a|b|;;data: c|;;", ":;data: a|b|;;data: c|;;")]
    [InlineData(":;data: a;;data: b;;data: c|;;", ":;data: abc|;;")]
    [InlineData(":;data: a|b;;data: c|d;;data: e|;;data: f|;;", ":;data: a|bc|de|;;data: f|;;")]
    [InlineData(":;data: a;data: b|;;", ":;data: a;data: b|;;")]
    [InlineData(":;data: a;data: b;;data: c;data: d|;;", ":;data: a;data: bc;data: d|;;")]
    [InlineData(":;data: a;data: ;;data: b|;;", ":;data: a;data: b|;;")]
    [InlineData(":;data: :;;data: :|;;", ":;data: ::|;;")]
    [InlineData(":;data: data: ;;data: data: |;;", ":;data: data: data: |;;")]
    [InlineData(":;data: a", ":;data: a")]
    public async Task Write_InAnyPieces_JoinsWhatIsOneMessage(string written, string expected)
    {
        var bytes = Bytes(written);
        for (var piece = 1; piece <= bytes.Length; piece++)
        {
            using var sent = new MemoryStream();
            await using var body = new HubEventBody(sent);
            for (var at = 0; at < bytes.Length; at += piece)
            {
                await body.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)), Cancel);
            }

            Assert.Equal(expected, Text(sent.ToArray()));
        }
    }

    private static byte[] Bytes(string text) =>
        Encoding.ASCII.GetBytes(text.Replace("|", "\u001e", StringComparison.Ordinal).Replace(";", "\r\n", StringComparison.Ordinal));

    private static string Text(byte[] bytes) =>
        Encoding.ASCII.GetString(bytes).Replace("\u001e", "|", StringComparison.Ordinal).Replace("\r\n", ";", StringComparison.Ordinal);
}
